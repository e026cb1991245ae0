#include "base/random.h"

#include <pthread.h>
#include <sys/random.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace orch {
namespace {

void AskSystem(char* bytes, size_t size) {
  size_t filled = 0;
  while (filled < size) {
    const ssize_t got = getrandom(bytes + filled, size - filled, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();  // a kernel without randomness: nothing that follows could be trusted
    }
    filled += static_cast<size_t>(got);
  }
}

// Counts the forks of this process and its ancestors.
std::atomic<uint64_t> forks{0};

bool CountForks() {
  return pthread_atfork(nullptr, nullptr, [] { ++forks; }) == 0;
}

class RandomBlock {
 public:
  void Take(char* bytes, size_t size) {
    static const bool counted = CountForks();
    const uint64_t now = forks.load(std::memory_order_relaxed);
    if (left_ < size || made_after_ != now || !counted) {
      AskSystem(bytes_, sizeof bytes_);
      left_ = sizeof bytes_;
      made_after_ = now;
    }
    left_ -= size;
    std::memcpy(bytes, bytes_ + left_, size);
    explicit_bzero(bytes_ + left_, size);
  }

 private:
  size_t left_ = 0;
  uint64_t made_after_ = 0;  // forks
  char bytes_[SystemRandom::kBlockBytes];
};

}  // namespace

uint64_t Random::Uint64() {
  const std::string bytes = Bytes(sizeof(uint64_t));
  uint64_t value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

double Random::Uniform() { return static_cast<double>(Uint64() >> 11) * 0x1.0p-53; }

std::string SystemRandom::Bytes(size_t size) {
  std::string bytes(size, '\0');
  if (size > kMostFromBlock) {
    AskSystem(bytes.data(), size);
  } else {
    thread_local RandomBlock block;
    block.Take(bytes.data(), size);
  }
  return bytes;
}

}  // namespace orch

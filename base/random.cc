#include "base/random.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace orch {

uint64_t Random::Uint64() {
  const std::string bytes = Bytes(sizeof(uint64_t));
  uint64_t value;
  std::memcpy(&value, bytes.data(), sizeof(value));
  return value;
}

double Random::Uniform() { return static_cast<double>(Uint64() >> 11) * 0x1.0p-53; }

std::string SystemRandom::Bytes(size_t size) {
  std::string bytes(size, '\0');
  size_t filled = 0;
  while (filled < size) {
    const ssize_t got = getrandom(bytes.data() + filled, size - filled, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      std::abort();  // a kernel without randomness: nothing that follows could be trusted
    }
    filled += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace orch

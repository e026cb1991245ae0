// Output to a file descriptor. Owned by main; used by one thread.
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "cli/terminal/output.h"

namespace orch::cli {

// Buffers up to kMaxBuffered bytes and then writes to a descriptor, which it does not own. A reader
// that is slower than the nodes, such as a pager, does not block the writer: up to kMaxWaiting
// bytes are queued, and a thread of this object writes them. That thread starts with the first
// Push.
class FdOutput final : public Output {
 public:
  static constexpr size_t kMaxBuffered = 64u << 10;
  static constexpr size_t kMaxWaiting = 256u << 20;

  explicit FdOutput(int fd, size_t most_waiting = kMaxWaiting) : fd_(fd), most_waiting_(most_waiting) {}
  ~FdOutput() override;
  void Write(absl::string_view text) override;
  void Push() override;
  bool Flush() override;

 private:
  void Run();
  bool WriteAll(absl::string_view text);

  const int fd_;
  const size_t most_waiting_;
  std::string buffer_;
  std::thread thread_;

  Mutex mu_;
  CondVar changed_;
  std::deque<std::string> waiting_ ABSL_GUARDED_BY(mu_);  // the front is being written
  size_t waiting_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  bool failed_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace orch::cli

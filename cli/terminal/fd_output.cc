#include "cli/terminal/fd_output.h"

#include <errno.h>
#include <unistd.h>

#include <utility>

namespace orch::cli {

FdOutput::~FdOutput() {
  Flush();
  if (!thread_.joinable()) return;
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    changed_.SignalAll();
  }
  thread_.join();
}

void FdOutput::Write(absl::string_view text) {
  buffer_.append(text.data(), text.size());
  if (buffer_.size() >= kMaxBuffered) Push();
}

void FdOutput::Push() {
  if (buffer_.empty()) return;
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  MutexLock lock(&mu_);
  while (!failed_ && waiting_bytes_ >= most_waiting_) changed_.Wait(&mu_);
  if (!failed_) {
    waiting_bytes_ += buffer_.size();
    waiting_.push_back(std::exchange(buffer_, std::string()));
    changed_.SignalAll();
  }
  buffer_.clear();
}

bool FdOutput::Flush() {
  if (!thread_.joinable()) {
    const bool written = WriteAll(buffer_);
    buffer_.clear();
    MutexLock lock(&mu_);
    failed_ = failed_ || !written;
    return !failed_;
  }
  Push();
  MutexLock lock(&mu_);
  while (!failed_ && !waiting_.empty()) changed_.Wait(&mu_);
  return !failed_;
}

void FdOutput::Run() {
  while (true) {
    std::string* next = nullptr;
    {
      MutexLock lock(&mu_);
      while (waiting_.empty() && !stopping_) changed_.Wait(&mu_);
      if (waiting_.empty()) return;
      next = &waiting_.front();  // a deque keeps the front in place while texts are added
    }
    const bool written = WriteAll(*next);
    MutexLock lock(&mu_);
    failed_ = failed_ || !written;
    waiting_bytes_ -= next->size();
    waiting_.pop_front();
    if (failed_) {
      waiting_.clear();
      waiting_bytes_ = 0;
    }
    changed_.SignalAll();
  }
}

bool FdOutput::WriteAll(absl::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd_, text.data(), text.size());
    if (n > 0) {
      text.remove_prefix(static_cast<size_t>(n));
    } else if (n < 0 && errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace orch::cli

// Where text goes. One thread; owned by main (or a test).
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace orch::cli {

class Output {
 public:
  virtual ~Output() = default;
  virtual void Write(absl::string_view text) = 0;
  // False when text was lost (full disk, closed descriptor). Stays false.
  virtual bool Flush() = 0;
};

// Buffers up to kMaxBuffered bytes, then writes to a descriptor it does not own.
class FdOutput final : public Output {
 public:
  static constexpr size_t kMaxBuffered = 64u << 10;

  explicit FdOutput(int fd) : fd_(fd) {}
  ~FdOutput() override { Flush(); }
  void Write(absl::string_view text) override;
  bool Flush() override;

 private:
  const int fd_;
  std::string buffer_;
  bool failed_ = false;
};

// Keeps everything; for tests and text that is needed twice.
class StringOutput final : public Output {
 public:
  void Write(absl::string_view text) override { text_.append(text.data(), text.size()); }
  bool Flush() override { return true; }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace orch::cli

// Reads a file line by line in bounded memory. Not thread-safe.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/unique_fd.h"

namespace orch::auth {

class LineReader {
 public:
  static absl::StatusOr<LineReader> Open(const std::string& path);
  LineReader(LineReader&&) = default;
  LineReader& operator=(LineReader&&) = default;

  enum class Result {
    kLine,
    kTooLong,  // the line has more than kMaxAuditLineBytes; it was skipped, and `line` is its beginning
    kEnd,      // no further whole line yet; `line` is what stands after the last line end
  };
  // `*line` is valid until the next call. Continues after kEnd when the file has grown.
  absl::StatusOr<Result> Next(absl::string_view* line);
  // Continues at the start of the line that begins at `offset`.
  absl::Status Seek(uint64_t offset);

  uint64_t number() const { return number_; }  // of the line that was returned last, from 1, if there was no Seek
  uint64_t offset() const { return offset_; }  // of the first byte after that line
  int fd() const { return fd_.get(); }

 private:
  LineReader(std::string path, UniqueFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  // Reads more bytes; false at the end of the file.
  absl::StatusOr<bool> Fill();

  std::string path_;
  UniqueFd fd_;
  std::string buffer_;
  size_t start_ = 0;    // of the next line in buffer_
  size_t scanned_ = 0;  // no line end before it
  bool skipping_ = false;
  uint64_t number_ = 0;
  uint64_t offset_ = 0;
};

}  // namespace orch::auth

// What a plugin's program prints: each line goes to the node's log, the last ones are kept for the
// message of a failure. Bounded in all directions. Made for one call, on its thread.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "absl/strings/string_view.h"
#include "base/process/process.h"

namespace orch::actions {

class OutputLog {
 public:
  static constexpr size_t kMaxLineBytes = 1000;   // of a line; the rest is cut
  static constexpr size_t kMaxLinesLogged = 200;  // of one call; then only counted
  static constexpr size_t kMaxLastLines = 5;

  // `what`: "parrot#echo", in the log.
  explicit OutputLog(std::string what);
  ~OutputLog();

  // Standard output is logged as information, standard error as an error.
  void Add(ProcessStream stream, absl::string_view piece);
  // The last lines of both, in the order they came, separated by " | ".
  std::string LastLines();
  // All of standard error as far as it was kept, without its last line end.
  const std::string& ErrorText() const { return error_text_; }

 private:
  void EndLine(ProcessStream stream, std::string* line);
  void Flush();

  const std::string what_;
  std::string open_out_, open_err_;  // lines that have not ended yet
  std::string error_text_;
  std::deque<std::string> last_;
  size_t lines_ = 0;
};

}  // namespace orch::actions

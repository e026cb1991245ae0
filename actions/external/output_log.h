// Takes the output of a plugin's program: writes each line to the node's log and keeps the last ones for the message of
// a failure. All of it is bounded. Made for one call and used on its thread.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "absl/strings/string_view.h"
#include "base/process/process_spec.h"

namespace orch::actions {

class OutputLog {
 public:
  static constexpr size_t kMaxLineBytes = 1000;   // of a line; the rest is dropped
  static constexpr size_t kMaxLinesLogged = 200;  // of one call; further ones are counted
  static constexpr size_t kMaxLastLines = 5;

  // `what` names the call in the log: "parrot#echo".
  explicit OutputLog(std::string what);
  ~OutputLog();

  // Logs standard output at the level info and standard error at the level error.
  void Add(ProcessStream stream, absl::string_view piece);
  // Returns the last lines of both outputs in order of arrival, separated by " | ".
  std::string LastLines();
  // The part of standard error that was kept, without its last line end.
  const std::string& ErrorText() const { return error_text_; }

 private:
  void EndLine(ProcessStream stream, std::string* line);
  void Flush();

  const std::string what_;
  std::string open_out_, open_err_;  // unfinished lines
  std::string error_text_;
  std::deque<std::string> last_;
  size_t lines_ = 0;
};

}  // namespace orch::actions

// Collects the problems of one file, at most kMaxAccessProblems of them, in the order of its lines. Readers of files
// own it for one reading. Not thread-safe.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "auth/access/access_problem.h"

namespace orch::auth {

class ProblemList {
 public:
  explicit ProblemList(std::string file) : file_(std::move(file)) {}

  void Fatal(int line, absl::string_view text) { Add(line, text, true); }
  void Warn(int line, absl::string_view text) { Add(line, text, false); }
  // Adds a problem whose message already begins with "FILE:LINE: ".
  void FatalAt(absl::string_view message);
  bool has_fatal() const { return fatal_ > 0; }
  std::string Place(int line) const;
  // The first fatal problem as InvalidArgument "FILE:LINE: …", OK if there is none; appends all of them to `problems`,
  // which may be null.
  absl::Status Finish(std::vector<AccessProblem>* problems);

 private:
  struct Found {
    int line = 0;
    AccessProblem problem;
  };
  void Add(int line, absl::string_view text, bool fatal);

  const std::string file_;
  std::vector<Found> found_;
  size_t fatal_ = 0;
  size_t left_out_ = 0;
};

}  // namespace orch::auth

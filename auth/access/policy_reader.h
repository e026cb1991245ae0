// Reads the lines of an ActionPolicy file. Made by ActionPolicy::Parse for one reading. Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/access/action_policy.h"
#include "auth/access/problem_list.h"

namespace orch::auth {

class PolicyReader {
 public:
  PolicyReader(const std::string& file, const PolicyGroups& groups) : file_(file), groups_(groups), problems_(file) {}

  ActionPolicy Read(absl::string_view text, std::vector<AccessProblem>* problems);

 private:
  void ReadLine(absl::string_view line);
  void ReadDefault(absl::string_view line);
  void ReadRule(absl::string_view line);
  std::vector<CallerPattern> ReadCallers(absl::string_view field);
  std::vector<std::string> ReadActions(absl::string_view field);
  // `what` is "facts" or "classes"; `alone` if the line has no field of classes.
  filter::Filter ReadFilter(absl::string_view field, absl::string_view what, bool alone);
  void Fatal(absl::string_view text) { problems_.Fatal(line_, text); }

  const std::string file_;
  const PolicyGroups& groups_;
  ProblemList problems_;
  ActionPolicy policy_;
  int line_ = 0;
  bool warned_of_blanks_ = false;
};

}  // namespace orch::auth

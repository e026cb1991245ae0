#include "auth/access/policy_groups.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/access/problem_list.h"
#include "base/foreign_text.h"
#include "base/nearest_word.h"
#include "base/text_file.h"

namespace orch::auth {

bool IsPolicyGroupName(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '.' || c == '-';
  });
}

PolicyGroups PolicyGroups::Parse(absl::string_view text, const std::string& file,
                                 std::vector<AccessProblem>* problems) {
  ProblemList found(file);
  PolicyGroups groups;
  const absl::StatusOr<std::string> decoded = DecodeText(text, file);
  if (!decoded.ok()) found.FatalAt(decoded.status().message());
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(decoded.ok() ? *decoded : std::string(), '\n')) {
    ++number;
    const std::vector<absl::string_view> words = absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.empty() || absl::StartsWith(words[0], "#")) continue;
    if (!IsPolicyGroupName(words[0])) {
      found.Fatal(number,
                  absl::StrCat("'", Printable(words[0]), "' is no name of a group; write NAME CALLER CALLER …"));
      continue;
    }
    const auto [group, is_new] = groups.groups_.try_emplace(std::string(words[0]));
    if (!is_new) found.Fatal(number, absl::StrCat("the group '", words[0], "' is listed twice; write one line"));
    if (words.size() == 1) found.Warn(number, absl::StrCat("the group '", words[0], "' is empty"));
    for (size_t i = 1; i < words.size(); ++i) {
      absl::StatusOr<CallerPattern> caller = CallerPattern::ParsePolicyWord(words[i]);
      if (caller.ok()) {
        group->second.push_back(*std::move(caller));
      } else {
        found.Fatal(number, absl::StrCat(caller.status().message(), "; a group holds no other groups"));
      }
    }
  }
  if (found.has_fatal()) {
    groups.groups_.clear();
    groups.broken_file_ = file;
  }
  found.Finish(problems).IgnoreError();
  return groups;
}

PolicyGroups PolicyGroups::Unreadable(std::string file) {
  PolicyGroups groups;
  groups.broken_file_ = std::move(file);
  return groups;
}

const std::vector<CallerPattern>* PolicyGroups::Find(absl::string_view name) const {
  const auto found = groups_.find(name);
  return found == groups_.end() ? nullptr : &found->second;
}

std::string PolicyGroups::WhyUnknown(absl::string_view name) const {
  if (!broken_file_.empty()) {
    return absl::StrCat("the group '", Printable(name), "' is unknown, because ", broken_file_, " is not valid");
  }
  std::vector<std::string> known;
  for (const auto& one : groups_) known.push_back(one.first);
  return absl::StrCat("the group '", Printable(name), "' is not in the file 'groups'", DidYouMean(name, known),
                      "; a caller is written KIND=NAME");
}

}  // namespace orch::auth

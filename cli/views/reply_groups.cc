#include "cli/views/reply_groups.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/terminal/name_fold.h"

namespace orch::cli {

bool WantsGroups(const Context& context, size_t targets) {
  const CommonOptions& options = context.options();
  if (options.group.has_value()) return *options.group;
  return context.env().out_is_terminal && targets > kGroupAbove && !options.verbose && !options.rollout.live;
}

std::string ReplyGroups::Group::Heading() const {
  if (names.size() == 1) return names[0];
  return absl::StrCat(absl::StrJoin(FoldNames(names), ","), " (", names.size(), " nodes)");
}

void ReplyGroups::Add(const std::string& identity, const std::string& said) {
  const auto [found, added] = place_.try_emplace(said, groups_.size());
  if (added) groups_.push_back({said, {}});
  groups_[found->second].names.push_back(identity);
}

std::vector<ReplyGroups::Group> ReplyGroups::Take(bool by_name) {
  place_.clear();
  for (Group& group : groups_) std::sort(group.names.begin(), group.names.end());
  std::sort(groups_.begin(), groups_.end(), [by_name](const Group& a, const Group& b) {
    if (!by_name && a.names.size() != b.names.size()) return a.names.size() > b.names.size();
    return a.names < b.names;
  });
  return std::exchange(groups_, {});
}

}  // namespace orch::cli

// Groups equal replies, so that one block serves all nodes with the same reply. A view owns it; one
// thread.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "cli/session/context.h"

namespace orch::cli {

// Without --group and --no-group, replies are grouped on a terminal if there are more nodes than
// this.
inline constexpr size_t kGroupAbove = 20;
// Whether replies are grouped, by the options, the terminal and the number of targets.
bool WantsGroups(const Context& context, size_t targets);

class ReplyGroups {
 public:
  struct Group {
    std::string said;
    std::vector<std::string> names;
    // Returns "web[01-20].example.net (20 nodes)", or a single name unchanged.
    std::string Heading() const;
  };
  // Adds the reply of a node; `said` is the text that must be equal within a group.
  void Add(const std::string& identity, const std::string& said);
  // Returns the groups, the largest first, or with `by_name` in the order of their first names, and
  // forgets them.
  std::vector<Group> Take(bool by_name);

 private:
  std::vector<Group> groups_;
  absl::flat_hash_map<std::string, size_t> place_;  // index in groups_ by text
};

}  // namespace orch::cli

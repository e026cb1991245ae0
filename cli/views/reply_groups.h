// Equal replies together: one block for all nodes that said the same. One thread.
#pragma once

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "cli/session/context.h"

namespace orch::cli {

// --group, --no-group; without them for more than so many nodes on a terminal.
inline constexpr size_t kGroupAbove = 20;
bool WantsGroups(const Context& context, size_t targets);

class ReplyGroups {
 public:
  struct Group {
    std::string said;
    std::vector<std::string> names;
    // "web[01-20].example.net (20 nodes)"; a single name as it is.
    std::string Heading() const;
  };
  void Add(const std::string& identity, const std::string& said);
  // The greatest first; `by_name`: in the order of their first names.
  std::vector<Group> Take(bool by_name);

 private:
  std::vector<Group> groups_;
  absl::flat_hash_map<std::string, size_t> place_;  // of what was said in groups_
};

}  // namespace orch::cli

// The plugins that a node offers, by name. Immutable after building, and then thread-safe. A reload builds a new
// catalog and replaces the pointer; running actions finish with the old one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "actions/core/plugin.h"

namespace orch::actions {

class Catalog {
 public:
  struct Problem {
    std::string plugin;
    std::string reason;
  };

  void Add(std::shared_ptr<Plugin> plugin);  // replaces a plugin of the same name; only while building
  void AddProblem(Problem problem) { problems_.push_back(std::move(problem)); }
  // Removes a plugin and its problems; only while building.
  void Remove(absl::string_view name);

  std::shared_ptr<Plugin> Find(absl::string_view name) const;  // nullptr if there is none
  const std::map<std::string, std::shared_ptr<Plugin>>& plugins() const { return plugins_; }
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::map<std::string, std::shared_ptr<Plugin>> plugins_;
  std::vector<Problem> problems_;
};

}  // namespace orch::actions

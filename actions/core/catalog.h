// The plugins a node offers: name → plugin. Immutable; a reload builds a new one and swaps the
// pointer, running actions finish on the old one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "actions/core/action.h"

namespace orch::actions {

class Catalog {
 public:
  struct Problem {
    std::string plugin;
    std::string reason;
  };

  void Add(std::shared_ptr<Plugin> plugin);  // replaces one of the same name; building only
  void AddProblem(Problem problem) { problems_.push_back(std::move(problem)); }
  // Forgets a plugin and what is known against it; building only.
  void Remove(absl::string_view name);

  std::shared_ptr<Plugin> Find(absl::string_view name) const;  // nullptr when not there
  const std::map<std::string, std::shared_ptr<Plugin>>& plugins() const { return plugins_; }
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::map<std::string, std::shared_ptr<Plugin>> plugins_;
  std::vector<Problem> problems_;
};

}  // namespace orch::actions

// The plugins a node offers: name → plugin. Immutable; a reload builds a new one and swaps the
// pointer, running actions finish on the old one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/action.h"

namespace orch::actions {

class Catalog {
 public:
  struct Problem {
    std::string plugin;
    std::string reason;
  };

  void Add(std::shared_ptr<Plugin> plugin);  // replaces one of the same name; building only
  void AddProblem(Problem problem) { problems_.push_back(std::move(problem)); }

  std::shared_ptr<Plugin> Find(absl::string_view name) const;  // nullptr when not there
  const std::map<std::string, std::shared_ptr<Plugin>>& plugins() const { return plugins_; }
  const std::vector<Problem>& problems() const { return problems_; }

 private:
  std::map<std::string, std::shared_ptr<Plugin>> plugins_;
  std::vector<Problem> problems_;
};

// Settings of built-in plugins from the node's configuration, by "plugin.item" (package.provider,
// package.yum_clean_mode, service.provider, …).
struct BuiltinOptions {
  std::map<std::string, std::string> settings;
};

// The written-out list of built-in plugins: package, puppetral, rpcutil, service.
std::shared_ptr<Catalog> BuiltinCatalog(const BuiltinOptions& options, const Clock* clock);

// Data functions built into the node; the table of docs/FILTERS.md says what they return. `settings`
// as BuiltinOptions has them. Blocks; thread-safe.
absl::StatusOr<Json> CallBuiltinDataFunction(absl::string_view name, const std::vector<std::string>& arguments,
                                             const NodeState& node, const Clock& clock,
                                             const std::map<std::string, std::string>& settings);
std::vector<std::string> BuiltinDataFunctionNames();

}  // namespace orch::actions

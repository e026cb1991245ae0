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

class ShellJobs;

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

class PuppetMemory;

// Settings of built-in plugins from the node's configuration, by "plugin.item" (package.provider,
// package.yum_clean_mode, service.provider, …), and what they remember beyond a reload.
struct BuiltinOptions {
  std::map<std::string, std::string> settings;
  std::shared_ptr<PuppetMemory> puppet;   // null: a new one
  std::shared_ptr<ShellJobs> shell_jobs;  // of the agent; null: no command can be left running
};
std::shared_ptr<PuppetMemory> MakePuppetMemory();

// The written-out list of built-in plugins, by name in catalog.cc; or that one of them. One that nobody
// asked for is left out; one that may not be loaded is a problem.
std::shared_ptr<Catalog> BuiltinCatalog(const BuiltinOptions& options, const Clock* clock, absl::string_view only = "");

// Data functions built into the node; the table of docs/FILTERS.md says what they return. `options`
// as for the plugins. Blocks; thread-safe.
absl::StatusOr<Json> CallBuiltinDataFunction(absl::string_view name, const std::vector<std::string>& arguments,
                                             const NodeState& node, const Clock& clock, const BuiltinOptions& options);
std::vector<std::string> BuiltinDataFunctionNames();

}  // namespace orch::actions

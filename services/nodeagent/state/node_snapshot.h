// What a node tells the hub about itself at one moment, and how two moments differ. Snapshots are immutable values and
// may be used on any thread. A snapshot is all that the network side learns of the node: it holds no secret, and
// descriptions of plugins instead of the plugins, so that nothing can be run through it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "actions/ddl/ddl.h"
#include "base/json.h"
#include "orch/v1/node_service.pb.h"

namespace orch::actions {
class Catalog;
}

namespace orch::nodeagent {

inline constexpr size_t kMaxProblems = 64;
inline constexpr size_t kMaxProblemBytes = 512;

// A plugin that could not be loaded.
struct PluginProblem {
  std::string plugin;
  std::string reason;
  bool operator==(const PluginProblem&) const = default;
};

struct NodeSnapshot {
  std::string identity;
  std::string version;
  std::vector<std::string> collectives;  // those that the node names
  std::string main_collective;
  std::vector<std::string> classes;
  std::shared_ptr<const Json> facts = std::make_shared<Json>(Json::object());  // never null
  std::vector<std::string> problems;                                           // without those of plugins
  std::map<std::string, std::shared_ptr<const ddl::Plugin>> plugins;           // by name; never null
  std::vector<PluginProblem> plugin_problems;
  // What the hub says of the node. The hub is not told this back.
  std::shared_ptr<const Json> labelled_facts;  // `facts` and the labels below filter::kHubFact; null: there are none
  std::shared_ptr<const std::vector<std::string>> granted_collectives;  // null: the hub has not said anything

  // The facts and collectives that count on the node: for filters, policies and actions.
  const std::shared_ptr<const Json>& FactsInForce() const { return labelled_facts == nullptr ? facts : labelled_facts; }
  const std::vector<std::string>& CollectivesInForce() const {
    return granted_collectives == nullptr ? collectives : *granted_collectives;
  }
  std::vector<std::string> PluginNames() const;  // sorted
  // Takes descriptions and problems from `catalog`.
  void SetPlugins(const actions::Catalog& catalog);
};

// Fills the description of the whole node that Register carries.
void FillNode(const NodeSnapshot& snapshot, v1::Node* node);

// Returns the text of the DDL with this hash, or nullopt if no plugin of the snapshot has it.
std::optional<absl::string_view> FindDdl(const NodeSnapshot& snapshot, absl::string_view sha256);

// Returns true for facts that change all the time without cause: uptime, free memory, load. A change of these alone is
// sent after HubSession::kVolatileInterval at the earliest; the next message with another cause carries it as well.
bool IsVolatileFact(absl::string_view name);

enum class Change { kNone, kVolatile, kReal };

// Fills `delta` with all that differs between the two snapshots, volatile facts included.
Change ComputeDelta(const NodeSnapshot& before, const NodeSnapshot& after, v1::Delta* delta);

// Cuts a list of problems to kMaxProblems entries of kMaxProblemBytes each, so that it always fits a message.
std::vector<std::string> CapProblems(std::vector<std::string> problems);

}  // namespace orch::nodeagent

// The node's own state as plugins, filters and statistics see it: the latest snapshot, the plugins themselves, and
// counters. Owned by Agent; thread-safe. It belongs to the side that runs actions and is never given to the network
// side, which gets the snapshot alone. It returns a configuration item only if the item is listed as public.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actions/core/action.h"
#include "actions/core/builtin_options.h"
#include "actions/core/catalog.h"
#include "actions/core/node_state.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "services/nodeagent/state/node_snapshot.h"

namespace orch::nodeagent {

// The names are those of MCollective's daemon_stats.
struct Counters {
  std::atomic<uint64_t> total{0};        // envelopes received
  std::atomic<uint64_t> validated{0};    // envelopes that passed the checks of MAC, time and replay
  std::atomic<uint64_t> unvalidated{0};  // envelopes that failed one of these checks
  std::atomic<uint64_t> passed{0};       // commands whose filter matches this node
  std::atomic<uint64_t> filtered{0};     // commands whose filter does not match
  std::atomic<uint64_t> replies{0};      // final updates produced
  std::atomic<uint64_t> ttl_expired{0};  // envelopes refused as too old or issued in the future
  std::atomic<uint64_t> duplicates{0};   // commands of a job that this node had accepted before
};

class AgentState final : public actions::NodeState {
 public:
  struct Options {
    std::string config_file;
    std::map<std::string, Json> public_config;  // must hold no secret
  };
  // One moment of the node: the plugins and the snapshot that describes them. Both pointers are never null.
  struct Moment {
    std::shared_ptr<const NodeSnapshot> snapshot = std::make_shared<NodeSnapshot>();
    std::shared_ptr<const actions::Catalog> catalog = std::make_shared<actions::Catalog>();
  };
  AgentState(const Clock* clock, Options options);
  AgentState(const Clock* clock, Options options, Moment moment);

  Moment now() const;
  std::shared_ptr<const NodeSnapshot> snapshot() const { return now().snapshot; }
  void Set(Moment moment);
  void SetPublicConfig(std::map<std::string, Json> public_config);
  // Sets the options of the built-in plugins, which the data functions obey as well.
  void SetBuiltins(actions::BuiltinOptions builtins);
  // `control` may be null and is not owned. Call before the first action runs.
  void SetControl(actions::NodeControl* control) { control_ = control; }
  Counters& counters() { return counters_; }

  std::string Identity() const override;
  std::shared_ptr<const Json> Facts() const override;
  std::vector<std::string> Classes() const override;
  std::vector<std::string> Collectives() const override;
  std::string MainCollective() const override;
  std::vector<PluginInfo> Plugins() const override;
  Json DaemonStats() const override;
  absl::StatusOr<Json> ConfigItem(absl::string_view name) const override;
  std::vector<std::string> DataFunctionNames() const override;
  absl::StatusOr<Json> CallDataFunction(absl::string_view name, const std::vector<std::string>& arguments) override;
  actions::NodeControl* Control() override { return control_; }

 private:
  const Clock* const clock_;
  const std::string config_file_;
  const absl::Time started_;
  actions::NodeControl* control_ = nullptr;
  Counters counters_;
  mutable Mutex mu_;
  std::map<std::string, Json> public_config_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<const actions::BuiltinOptions> builtins_ ABSL_GUARDED_BY(mu_);  // never null
  Moment now_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::nodeagent

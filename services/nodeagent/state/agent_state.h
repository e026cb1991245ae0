// The node's own state as plugins, filters and statistics see it. Owned by Agent; thread-safe.
// Answers are copies; a configuration item is only given when it was listed as public.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "actions/core/action.h"
#include "actions/core/builtin_options.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "services/nodeagent/state/node_snapshot.h"

namespace orch::nodeagent {

// Names as in MCollective's daemon_stats.
struct Counters {
  std::atomic<uint64_t> total{0};         // envelopes received
  std::atomic<uint64_t> validated{0};     // MAC, time and replay checks passed
  std::atomic<uint64_t> unvalidated{0};   // refused by them
  std::atomic<uint64_t> passed{0};        // filter held
  std::atomic<uint64_t> filtered{0};      // filter did not hold
  std::atomic<uint64_t> replies{0};       // final updates produced
  std::atomic<uint64_t> ttl_expired{0};   // refused as too old or from the future
  std::atomic<uint64_t> duplicates{0};    // commands of a job already seen
  std::atomic<uint64_t> lost_updates{0};  // updates made while no hub was attached
};

class AgentState final : public actions::NodeState {
 public:
  struct Options {
    std::string config_file;
    std::map<std::string, Json> public_config;  // never secrets
  };
  AgentState(const Clock* clock, Options options, std::shared_ptr<const NodeSnapshot> snapshot);

  std::shared_ptr<const NodeSnapshot> snapshot() const;
  void SetSnapshot(std::shared_ptr<const NodeSnapshot> snapshot);
  void SetPublicConfig(std::map<std::string, Json> public_config);
  // As the built-in plugins have them; data functions go by them too.
  void SetBuiltins(actions::BuiltinOptions builtins);
  // May be null; not owned. Before the first action runs.
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
  std::shared_ptr<const NodeSnapshot> snapshot_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::nodeagent

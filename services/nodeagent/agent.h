// The node agent: connects inventory, plugins, command gate and link. Owned by main or a test, which also owns the
// clock, the randomness and the loop. Decides nothing about messages.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actions/core/builtin_options.h"
#include "actions/core/catalog.h"
#include "actions/core/node_control.h"
#include "auth/audit/audit_log.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "base/random.h"
#include "services/nodeagent/audit_memory.h"
#include "services/nodeagent/background_thread.h"
#include "services/nodeagent/config.h"
#include "services/nodeagent/gate/command_gate.h"
#include "services/nodeagent/gate/node_policy.h"
#include "services/nodeagent/inventory.h"
#include "services/nodeagent/link/hub_link.h"
#include "services/nodeagent/plugin_loader.h"
#include "services/nodeagent/state/agent_state.h"
#include "services/nodeagent/state/standing_file.h"
#include "services/nodeagent/state_dir.h"
#include "services/nodeagent/task_template.h"
#include "services/nodeagent/tasks/journal.h"

namespace orch::nodeagent {

class Agent final : public actions::NodeControl {
 public:
  static constexpr absl::Duration kTaskEndWait =
      absl::Seconds(9);  // for cancelled actions to return; more than TaskRunner::kEndWait
  static constexpr absl::Duration kTidyAfter = absl::Seconds(5);     // TidyMemory after the start
  static constexpr absl::Duration kPolicyWatch = absl::Seconds(5);   // for changed policy files without a command
  static constexpr absl::Duration kNewKeyPause = absl::Seconds(10);  // at most, before a new key is used
  static constexpr absl::Duration kAuditFlushEvery = absl::Seconds(1);
  static constexpr absl::Duration kFlushWait = absl::Seconds(2);  // for the hub to take the last replies

  struct Dependencies {
    const Clock* clock;
    Random* random;
    Executor* loop;
    std::string task_runner;                          // path of orch-taskrunner; if empty, actions run in this process
    std::shared_ptr<const actions::Catalog> catalog;  // null: built-in and installed plugins
    Inventory::Background background;                 // null: a thread
    std::function<void(bool attached, const std::string& what)> on_attached;  // on the loop; may be null
    // Called on the loop when a caller who may do so asks the agent to stop; the owner then calls BeginStop. If null,
    // the request is refused.
    std::function<void(const std::string& why)> on_exit;
  };

  // Collects the facts that need no program, so that the agent is complete before it attaches.
  static absl::StatusOr<std::unique_ptr<Agent>> Create(AgentConfig config, Dependencies dependencies);
  // Destroy on the loop, or after the loop has stopped.
  ~Agent() override;

  // These post to the loop and return.
  void Start();
  // Applies facts, classes, collectives and plugin settings; hub, identity and tasks need a restart.
  void Reload(AgentConfig config);
  // Accepts no more tasks. The running tasks may end within `grace`, and are then cancelled with a reply that says so.
  // Calls `stopped` once, on the loop, with the number of actions that did not end.
  void BeginStop(absl::Duration grace, std::function<void(size_t tasks_left)> stopped);

  // Any thread except the loop's.
  absl::Status ReloadPlugins(const std::string& only, absl::Duration timeout) override;
  absl::Status Exit(const std::string& why) override;

  bool attached() const { return link_->attached(); }              // on the loop
  uint64_t lost_updates() const { return link_->lost_updates(); }  // on the loop, or after `stopped`

 private:
  Agent(AgentConfig config, Dependencies dependencies);
  actions::BuiltinOptions Builtins() const { return {config_.plugin_settings, puppet_, shell_jobs_}; }
  void MakeCatalog();
  actions::CatalogOptions CatalogOptionsFor(const std::string& only) const;
  void OnCatalog(std::shared_ptr<const actions::Catalog> catalog);
  absl::Status OpenState();
  void Wire();
  void MakeGate();
  void MakeLink();
  void TakeNewKey(const auth::Key& key);
  absl::StatusOr<HubLink::Proof> Prove(const Address& hub);
  void PostToLoop(absl::AnyInvocable<void()> task);
  void MakeSnapshot(const Inventory::Found& found);
  void ApplySnapshot(const Inventory::Found& found);
  void WatchPolicy();
  void OnStanding();
  void CancelTasks();
  void StopLink();
  // Opens the audit log and the memory of the hub's.
  absl::Status OpenAudit();
  void OnHubWentBack(const std::string& hub, const std::string& text);
  void FlushAudit();

  AgentConfig config_;
  const Dependencies deps_;
  Lifetime lifetime_;
  const std::shared_ptr<actions::PuppetMemory> puppet_;   // kept over a reload
  const std::shared_ptr<actions::ShellJobs> shell_jobs_;  // kept over a reload
  std::shared_ptr<const actions::Catalog> catalog_;
  Inventory::Found found_;
  std::unique_ptr<AgentState> state_;
  std::unique_ptr<StandingFile> standing_;
  std::unique_ptr<StateDir> state_dir_;        // null without a state_dir, like the journal
  std::unique_ptr<auth::AuditLog> audit_;      // null: none is kept
  std::unique_ptr<AuditMemory> audit_memory_;  // null without a state_dir
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<TaskProcesses> processes_;
  TaskTemplate task_template_;
  std::unique_ptr<NodePolicy> policy_;
  std::unique_ptr<Inventory> inventory_;
  BackgroundThread background_;  // after inventory_: its work uses it
  std::unique_ptr<PluginLoader> plugins_;
  BackgroundThread plugin_background_;  // after plugins_, likewise
  std::unique_ptr<CommandGate> gate_;
  std::unique_ptr<HubLink> link_;
  std::function<void(size_t)> stopped_;
  bool link_stopping_ = false;
};

}  // namespace orch::nodeagent

// The gate between the network side of the agent (link/) and the side that may run actions (gate/, tasks/, state/).
// The gate verifies a signed envelope before it reads a byte of the body, checks collective, filter, plugin, action and
// inputs, hands the task to a TaskRunner, and returns signed envelopes. Owned by Agent; used on the loop, except where
// said otherwise. What is not in this table does not cross between the two sides, so that they can become two
// processes:
//
//   what                      way  bound                  when
//   Handle(envelope)          in   kMaxEnvelopeBytes      always; refused before the first SetKey
//   OnAttached(bool)          in   one bit                a hub has registered this node, or is lost
//   SetOutputAllowed(bool)    in   one bit                the link takes live output, or takes none
//   UpdateSink(envelope)      out  kMaxEnvelopeBytes      after SetKey; the link drops the update when not attached
//   NodeSnapshot (state/)     out  a value; facts 1 MiB   at the start and at each change, from Agent to HubLink
//   HubLink::Proof (link/)    out  one object             for each attempt to connect, from Agent to HubLink
//
// No key, no AgentState and no plugin crosses. SetKey, Recover, Drain and CancelAll are called by the owner, which
// belongs to the running side.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "auth/audit/audit_sink.h"
#include "auth/keyring.h"
#include "auth/refusal.h"
#include "auth/refusal_counters.h"
#include "auth/replay_guard.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "base/random.h"
#include "filter/filter.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/gate/node_audit.h"
#include "services/nodeagent/gate/node_policy.h"
#include "services/nodeagent/gate/refusal_log.h"
#include "services/nodeagent/gate/seen_jobs.h"
#include "services/nodeagent/gate/update_sealer.h"
#include "services/nodeagent/state/agent_state.h"
#include "services/nodeagent/tasks/delivery.h"
#include "services/nodeagent/tasks/journal.h"
#include "services/nodeagent/tasks/output_relay.h"
#include "services/nodeagent/tasks/outside_tasks.h"
#include "services/nodeagent/tasks/task_processes.h"
#include "services/nodeagent/tasks/task_runner.h"

namespace orch::nodeagent {

class CommandGate {
 public:
  static constexpr size_t kMaxEnvelopeBytes = 4u << 20;  // as the link's kMaxMessageBytes
  static constexpr size_t kMaxReplayNonces = 65'536;

  struct Dependencies {
    const Clock* clock;
    Random* random;
    Executor* executor;
    AgentState* state;
    Journal* journal = nullptr;           // null: nothing is durable
    TaskProcesses* processes = nullptr;   // null: every action runs in this process
    NodePolicy* policy = nullptr;         // null: everything is allowed
    auth::AuditSink* audit = nullptr;     // null: no audit log
    std::function<TaskFile()> task_file;  // settings and facts of the node for a task's own process; any thread
    // The hub gives this node its next key; null: nobody takes it.
    std::function<void(auth::Key key)> new_key = nullptr;
    // Takes what the hub says of the node, and when it said so; on the loop. Null: nobody.
    std::function<void(const v1::NodeStanding& standing, int64_t issued_at_us)> standing = nullptr;
  };
  // Called from any thread; must not block nor call back.
  using UpdateSink = std::function<void(v1::Envelope update)>;

  CommandGate(std::string identity, TaskRunner::Options tasks, Dependencies dependencies, UpdateSink sink);
  // Tasks in processes of their own keep running.
  ~CommandGate();

  void Handle(const v1::Envelope& envelope);
  void OnAttached(bool attached);
  // Live output is held, and beyond OutputRelay's limits left out, while it is not allowed. Initially it is not.
  void SetOutputAllowed(bool allowed) { output_.SetAllowed(allowed); }

  // Sets the key that commands must be signed with and that updates are signed with.
  void SetKey(auth::Key key) { sealer_.SetKey(std::move(key)); }
  // Reconciles the journal with the task folders of a previous agent process: waits for tasks that still run, delivers
  // outcomes that tasks left, and settles jobs that left nothing. Call before the first command.
  void Recover();
  // Denies new commands with "shutdown", and calls `idle` on the loop once no task is left.
  void Drain(absl::AnyInvocable<void()> idle);
  // Writes audit records that were added up. Called about once a second; `all`: at the end.
  void FlushAudit(bool all = false) { audit_.Flush(all); }
  // Ends every task; each is answered with "shutdown".
  void CancelAll(const std::string& why);

  size_t active_tasks() const { return runner_.active(); }
  const auth::RefusalCounters& refusals() const { return refusals_.counters(); }

 private:
  absl::Status Open(const v1::Envelope& envelope, auth::Refusal* refusal);
  void OnRefused(const v1::Envelope& envelope, auth::Refusal refusal, const absl::Status& why);
  void OnCommand(const v1::Envelope& envelope);
  void OnNewKey(const v1::Envelope& envelope);
  void OnCancel(const v1::Envelope& envelope);
  void OnAck(const v1::Envelope& envelope);
  void OnQuery(const std::string& attempt_id);
  void OnStanding(const v1::Envelope& envelope);
  bool Knows(const std::string& attempt_id) const;
  // Returns false if the job was accepted before; for a durable job also reports what became of it.
  bool AcceptOnce(const v1::Envelope& envelope, const v1::Command* command);
  void PrepareTask(const v1::Command& command, TaskSpec* spec);
  // Checks the command against this node and records the decision; an update ends the task without running it.
  std::optional<v1::TaskUpdate> Admit(const v1::Command& command, const filter::Filter& filter, TaskSpec* spec);
  // Checks the command against this node, here or on a worker, and submits or answers its task.
  void AdmitAndSubmit(std::shared_ptr<const v1::Command> command, filter::Filter filter, TaskSpec spec);
  void Submit(TaskSpec spec);
  void Deny(const std::string& attempt_id, v1::ErrorKind kind, absl::string_view message, bool durable);
  void Report(const std::string& attempt_id, v1::TaskUpdate update, bool durable);  // any thread
  void Send(const std::string& attempt_id, v1::TaskUpdate update);                  // any thread

  const std::string identity_;
  const Dependencies deps_;
  const UpdateSink sink_;
  RefusalLog refusals_;
  NodeAudit audit_;
  auth::ReplayGuard replay_guard_;
  SeenJobs seen_;
  UpdateSealer sealer_;
  Delivery delivery_;
  OutputRelay output_;
  OutsideTasks outside_;
  TaskRunner runner_;  // last: its workers use all of the above
};

}  // namespace orch::nodeagent

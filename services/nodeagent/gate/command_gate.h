// The side that may run things. Takes signed envelopes, verifies them before it reads a byte of
// their body, checks collective, filter, plugin, action and inputs, hands tasks to a TaskRunner,
// and gives signed envelopes back. The network side exchanges nothing else with it, so that the
// two can become two processes. Owned by Agent; used on the loop, except where said otherwise.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "auth/keyring.h"
#include "auth/refusal.h"
#include "auth/replay_guard.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/gate/refusal_log.h"
#include "services/nodeagent/gate/seen_jobs.h"
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
  static constexpr size_t kMaxReplayNonces = 65'536;
  static constexpr absl::Duration kDefaultTimeout = absl::Seconds(10);  // when neither command nor DDL say one
  static constexpr absl::Duration kMaxTimeout = absl::Hours(24);

  struct Dependencies {
    const Clock* clock;
    Random* random;
    Executor* executor;
    AgentState* state;
    Journal* journal = nullptr;          // null: nothing is durable
    TaskProcesses* processes = nullptr;  // null: every action runs in this process
    // Of the node, for a task's own process: settings and facts; the task itself is left out.
    std::function<TaskFile()> task_file;
    OutputRelay::Room output_room = nullptr;  // null: always
  };
  // Called from any thread; must not block nor call back.
  using UpdateSink = std::function<void(v1::Envelope update)>;

  CommandGate(std::string identity, TaskRunner::Options tasks, Dependencies dependencies, UpdateSink sink);
  // What runs in processes of its own runs on.
  ~CommandGate();

  // Before the first command: brings journal and task folders of an earlier agent together. What still
  // runs is waited for, what has ended is to be delivered, what left nothing is gone.
  void Recover();

  // The key commands must be signed with and updates are signed with. Until one is set every
  // envelope is refused.
  void SetKey(auth::Key key);

  // One envelope from the network. Answered through the sink, or dropped, counted and logged where
  // an answer would serve whoever forged or repeated it.
  void Handle(const v1::Envelope& envelope);

  // The hub knows this node, or no longer does.
  void OnAttached(bool attached);

  // Refuses new commands with "shutdown" and calls back on the loop once no task is left.
  void Drain(absl::AnyInvocable<void()> idle);
  // Ends every task, answered with "shutdown".
  void CancelAll(const std::string& why);

  size_t active_tasks() const { return runner_.active(); }
  const auth::RefusalCounters& refusals() const { return refusals_.counters(); }

 private:
  std::shared_ptr<const auth::Key> key() const;
  void OnRefused(const v1::Envelope& envelope, auth::Refusal refusal, const absl::Status& why);
  void OnCommand(const v1::Envelope& envelope);
  void OnCancel(const v1::Envelope& envelope);
  void OnQuery(const std::string& job_id);
  bool Knows(const std::string& job_id) const;
  // False when the job was taken on before; a durable one is answered with what became of it.
  bool TakeOn(const v1::Envelope& envelope, const v1::Command* command);
  void Submit(TaskSpec spec);
  void Report(const std::string& job_id, v1::TaskUpdate update, bool durable);  // any thread, as the next
  void Send(const std::string& job_id, v1::TaskUpdate update);

  const std::string identity_;
  const Dependencies deps_;
  const UpdateSink sink_;
  RefusalLog refusals_;
  auth::ReplayGuard replay_guard_;
  SeenJobs seen_;
  mutable Mutex key_mu_;
  std::shared_ptr<const auth::Key> key_ ABSL_GUARDED_BY(key_mu_);  // null before the first SetKey
  Delivery delivery_;
  OutputRelay output_;
  OutsideTasks outside_;
  TaskRunner runner_;  // last: its workers use all of the above
};

}  // namespace orch::nodeagent

#include "services/nodeagent/tasks/run_task.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "actions/core/node_state.h"
#include "services/nodeagent/runner/run_action.h"
#include "services/nodeagent/tasks/task_update.h"

namespace orch::nodeagent {
namespace {

// Returns false if the task has ended instead: it was told to, is too late, or the disk refused it.
bool MayStart(absl::Duration now, Task* task) {
  const TaskSpec& spec = task->spec;
  if (task->cancel.cancelled() && !task->taken_over) return false;
  if (now >= spec.deadline && !task->taken_over) {
    task->Emit(EndedUpdate(v1::FAILED, actions::kUnknownError, v1::ERROR_KIND_TIMEOUT, kTooLate));
    return false;
  }
  if (spec.accept == nullptr) return true;
  if (const absl::Status accepted = spec.accept(); !accepted.ok()) {
    task->Emit(EndedUpdate(v1::FAILED, actions::kUnknownError, v1::ERROR_KIND_JOURNAL,
                           absl::StrCat("not started: ", accepted.message())));
    return false;
  }
  return !task->cancel.cancelled();
}

void RunOutside(const Clock& clock, const actions::Context& context, Task* task) {
  if (!task->Begin(Task::Place::kOutside)) return;
  const absl::Duration start = clock.Steady();
  const std::optional<actions::Reply> reply = task->spec.run_outside(context);
  if (!reply.has_value()) return task->Abandon();
  task->Emit(task->FinalUpdate(*reply, clock.Steady() - start));
}

}  // namespace

void RunTask(const Clock* clock, actions::NodeState* node, Task* task) {
  const TaskSpec& spec = task->spec;
  const absl::Duration start = clock->Steady();
  if (!MayStart(start, task)) return;
  if (spec.action != nullptr && spec.action->impact == ddl::Impact::kChange) task->Emit(StartedUpdate());
  actions::Context context{
      .clock = clock, .node = node, .cancel = &task->cancel, .timeout = spec.deadline - start, .on_output = nullptr};
  if (spec.run_outside != nullptr) return RunOutside(*clock, context, task);
  if (!task->Begin(Task::Place::kHere)) return;
  if (spec.action->streams) context.on_output = spec.on_output;
  const actions::Reply reply = RunAction(spec.plugin.get(), *spec.action, spec.request, context);
  task->Emit(task->FinalUpdate(reply, clock->Steady() - start));
}

}  // namespace orch::nodeagent

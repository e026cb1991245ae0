#include "services/nodeagent/tasks/outside_tasks.h"

#include <utility>

#include "base/log.h"
#include "base/process/process_spec.h"
#include "services/nodeagent/tasks/task_update.h"

namespace orch::nodeagent {

void OutsideTasks::MoveOutside(TaskSpec* spec) {
  if (deps_.processes == nullptr || spec->accept == nullptr || spec->action->impact != ddl::Impact::kChange ||
      spec->plugin->NeedsAgent(spec->action->name)) {
    return;
  }
  const bool live = spec->on_output != nullptr && spec->action->streams;
  spec->run_outside = [this, live, request = spec->request,
                       no_reply_data = spec->no_reply_data](const actions::Context& context) {
    TaskFile task = deps_.task_file();
    task.request = request;
    task.timeout = context.timeout;
    task.no_reply_data = no_reply_data;
    return deps_.processes->Run(task, context, live ? OutputOf(request.job_id) : nullptr);
  };
  spec->answered = [this, attempt_id = spec->attempt_id] { deps_.processes->Remove(attempt_id); };
}

void OutsideTasks::Recover(const std::function<void(TaskSpec spec)>& submit) {
  if (deps_.journal == nullptr) return;
  if (deps_.processes != nullptr) {
    for (const TaskProcesses::Left& left : deps_.processes->Find()) TakeOver(left, submit);
  }
  for (const std::string& attempt_id : deps_.journal->Accepted()) {
    if (deps_.runner->Find(attempt_id) != TaskRunner::Where::kNowhere) continue;
    LogWarning("a job was at work when the agent ended, and left no outcome", {{"job", attempt_id}});
    deps_.journal->Settle(attempt_id);
  }
}

void OutsideTasks::TakeOver(const TaskProcesses::Left& left, const std::function<void(TaskSpec spec)>& submit) {
  const std::string& attempt_id = left.attempt_id;
  const Journal::State state = deps_.journal->Find(attempt_id);
  const bool open = state == Journal::State::kAccepted || state == Journal::State::kUnknown;
  if (open && left.running) {
    if (state == Journal::State::kUnknown)
      (void)deps_.journal->Accept(attempt_id);  // so that a damaged journal knows the attempt again
    TaskSpec spec;
    spec.attempt_id = attempt_id;
    spec.durable = true;
    spec.no_reply_data = left.no_reply_data;
    spec.deadline = deps_.clock->Steady() + left.timeout;  // its process keeps the exact deadline
    deps_.output->Begin(attempt_id, /*taken_over=*/true);
    spec.run_outside = [this, attempt_id](const actions::Context& context) {
      return deps_.processes->Resume(attempt_id, context, OutputOf(attempt_id));
    };
    spec.answered = [this, attempt_id] { deps_.processes->Remove(attempt_id); };
    LogInfo("a task of an earlier agent still runs; waiting for it", {{"job", attempt_id}});
    return submit(std::move(spec));
  }
  if (open && left.outcome.has_value()) {
    LogInfo("a task ended while no agent was there", {{"job", attempt_id}});
    v1::TaskUpdate update = FinishedUpdate(left.outcome->reply, absl::ZeroDuration(), left.no_reply_data);
    SetPrinted(left.outcome->printed, update.mutable_reply());
    deps_.delivery->Report(attempt_id, std::move(update), true);
  }
  if (!left.running) deps_.processes->Remove(attempt_id);
}

void OutsideTasks::Detach() {
  if (deps_.processes != nullptr) deps_.processes->Detach();
}

OutputReader::Sink OutsideTasks::OutputOf(const std::string& attempt_id) {
  return [this, attempt_id](ProcessStream stream, uint64_t offset, absl::string_view piece) {
    deps_.output->AddAt(attempt_id, stream, offset, piece);
  };
}

}  // namespace orch::nodeagent

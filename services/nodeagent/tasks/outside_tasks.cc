#include "services/nodeagent/tasks/outside_tasks.h"

#include <utility>

#include "base/log.h"
#include "base/process/process_spec.h"
#include "services/nodeagent/tasks/task_update.h"

namespace orch::nodeagent {

void OutsideTasks::Put(TaskSpec* spec) {
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
  spec->answered = [this, job_id = spec->job_id] { deps_.processes->Remove(job_id); };
}

void OutsideTasks::Recover(const std::function<void(TaskSpec spec)>& submit) {
  if (deps_.journal == nullptr) return;
  if (deps_.processes != nullptr) {
    for (const TaskProcesses::Left& left : deps_.processes->Find()) TakeOver(left, submit);
  }
  for (const std::string& job_id : deps_.journal->Accepted()) {
    if (deps_.runner->Find(job_id) != TaskRunner::Where::kNowhere) continue;
    LogWarning("a job was at work when the agent ended, and left no outcome", {{"job", job_id}});
    deps_.journal->Settle(job_id);
  }
}

void OutsideTasks::TakeOver(const TaskProcesses::Left& left, const std::function<void(TaskSpec spec)>& submit) {
  const std::string& job_id = left.job_id;
  const Journal::State state = deps_.journal->Find(job_id);
  const bool open = state == Journal::State::kAccepted || state == Journal::State::kUnknown;
  if (open && left.running) {
    if (state == Journal::State::kUnknown) (void)deps_.journal->Accept(job_id);  // a damaged journal knows it again
    TaskSpec spec;
    spec.job_id = job_id;
    spec.durable = true;
    spec.no_reply_data = left.no_reply_data;
    spec.deadline = deps_.clock->Steady() + left.timeout;  // its process keeps the true one
    deps_.output->Begin(job_id, /*taken_over=*/true);
    spec.run_outside = [this, job_id](const actions::Context& context) {
      return deps_.processes->Resume(job_id, context, OutputOf(job_id));
    };
    spec.answered = [this, job_id] { deps_.processes->Remove(job_id); };
    LogInfo("a task of an earlier agent still runs; waiting for it", {{"job", job_id}});
    return submit(std::move(spec));
  }
  if (open && left.outcome.has_value()) {
    LogInfo("a task ended while no agent was there", {{"job", job_id}});
    v1::TaskUpdate update = FinishedUpdate(left.outcome->reply, absl::ZeroDuration(), left.no_reply_data);
    SetPrinted(left.outcome->printed, update.mutable_reply());
    deps_.delivery->Report(job_id, std::move(update), true);
  }
  if (!left.running) deps_.processes->Remove(job_id);
}

void OutsideTasks::LetGo() {
  if (deps_.processes != nullptr) deps_.processes->LetGo();
}

OutputReader::Sink OutsideTasks::OutputOf(const std::string& job_id) {
  return [this, job_id](ProcessStream stream, uint64_t offset, absl::string_view piece) {
    deps_.output->AddAt(job_id, stream, offset, piece);
  };
}

}  // namespace orch::nodeagent

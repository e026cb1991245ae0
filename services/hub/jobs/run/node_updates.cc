#include "services/hub/jobs/run/node_updates.h"

#include <utility>

#include "base/log.h"
#include "services/hub/job_store/task.h"
#include "services/hub/jobs/run/job_report.h"

namespace orch::hub {
namespace {

// A stream of its own for each number that a node can name would have no bound.
bool IsOutput(const v1::OutputChunk& chunk) {
  const bool known = chunk.stream() == v1::OutputChunk::STDOUT || chunk.stream() == v1::OutputChunk::STDERR;
  return known && chunk.data().size() <= kMaxChunkBytes;
}

}  // namespace

void NodeUpdates::Take(size_t index, uint32_t attempt, v1::TaskUpdate update) {
  TaskTable& tasks = state_->tasks;
  const bool current = tasks[index].attempt == attempt && tasks[index].sent();
  switch (update.kind()) {
    case v1::TaskUpdate::STARTED:
      return TakeStarted(index, current);
    case v1::TaskUpdate::ACCEPTED:
      return tasks.SetQuestion(index, Question::kNone);
    case v1::TaskUpdate::OUTPUT:
      if (current) TakeOutput(index, attempt, update.mutable_output());
      return;
    case v1::TaskUpdate::UNKNOWN:
      if (current && tasks.TakeAnswer(index)) returns_->OnUnknown(index);
      return;
    case v1::TaskUpdate::GONE:
      if (current && tasks.TakeAnswer(index)) returns_->OnTaskLost(index);
      return;
    case v1::TaskUpdate::FILTERED:
      return TakeDecline(index, attempt, update.reply().status_message());
    default:
      return TakeReply(index, attempt, std::move(*update.mutable_reply()));
  }
}

void NodeUpdates::TakeStarted(size_t index, bool current) {
  if (current && state_->tasks.MarkRunning(index)) return TellProgress(state_, index);
  // A node at work that was asked says so again.
  if (!current || !state_->tasks.TakeAnswer(index)) ++state_->deps.counters->unexpected;
}

void NodeUpdates::TakeOutput(size_t index, uint32_t attempt, v1::OutputChunk* output) {
  if (!state_->request.spec.live_output()) return;
  if (!IsOutput(*output)) {
    ++state_->deps.counters->unexpected;
    return;
  }
  output->set_identity(state_->tasks[index].identity);
  output->set_attempt(attempt);
  state_->feed.ForEach([&](JobWatch* watch) { watch->AddOutput(*output); });
}

bool NodeUpdates::MayDeclineTask(const Task& task) const {
  const MayDecline may = state_->request.may_decline;
  if (may != MayDecline::kAfterAChange) return may == MayDecline::kAlways;
  return state_->deps.nodes->ChangedSince(task.identity, state_->request.chosen_at);
}

void NodeUpdates::TakeDecline(size_t index, uint32_t attempt, const std::string& failure) {
  const Task& task = state_->tasks[index];
  if (task.attempt == attempt && task.state == v1::SENT && !task.over() && !MayDeclineTask(task)) {
    // The node would vanish from the job: whoever asked for it must see that it did not run.
    LogWarning("a node declined a task that is its own", {{"job", state_->id}, {"node", task.identity}});
    return outcomes_->End(
        index,
        HubReply(task.identity, v1::DENIED, v1::ERROR_KIND_FILTERED,
                 "the node says that it is no target, but what it told the hub of itself says that it is; "
                 "nothing ran; look at the node (orchctl inventory), or have it send its facts anew"),
        attempt);
  }
  if (outcomes_->Decline(index, attempt, failure)) return;
  ++state_->deps.counters->unexpected;
  if (task.stored) sender_->Acknowledge(index, attempt);
}

void NodeUpdates::TakeReply(size_t index, uint32_t attempt, v1::Reply reply) {
  const Task& task = state_->tasks[index];
  NormaliseNodeReply(task.identity, state_->request.spec.no_reply_data(), &reply);
  // An earlier attempt that was given up may have succeeded all the same.
  const bool earlier = attempt < task.attempt || task.state == v1::PENDING;
  if (task.over() || attempt > task.attempt || (earlier && (task.last == nullptr || reply.state() != v1::OK))) {
    ++state_->deps.counters->unexpected;
    // The end of the task is stored, or this attempt no longer matters: the node need not say it again.
    if (task.stored || (earlier && task.last != nullptr)) sender_->Acknowledge(index, attempt);
    return;
  }
  reply.clear_latency_us();
  reply.set_attempt(attempt);
  ++state_->deps.counters->replies;
  outcomes_->End(index, std::move(reply), attempt);
}

}  // namespace orch::hub

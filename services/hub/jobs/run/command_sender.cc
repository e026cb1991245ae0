#include "services/hub/jobs/run/command_sender.h"

#include "services/hub/jobs/run/attempt_id.h"
#include "services/hub/jobs/run/command_body.h"

namespace orch::hub {

NodeChannel* CommandSender::Channel(size_t task) const {
  return state_->deps.nodes->ChannelOf(state_->tasks[task].identity);
}

const std::shared_ptr<const CommandBody>& CommandSender::BodyOf(uint32_t attempt) {
  while (bodies_.size() < attempt) {
    const uint32_t next = static_cast<uint32_t>(bodies_.size()) + 1;
    bodies_.push_back(MakeCommandBody(AttemptId(state_->id, next), state_->request));
  }
  return bodies_[attempt - 1];
}

bool CommandSender::Send(size_t task) {
  NodeChannel* const node = Channel(task);
  const uint32_t attempt = state_->tasks[task].attempt;
  return node != nullptr && node->SendCommand(AttemptId(state_->id, attempt), BodyOf(attempt));
}

bool CommandSender::Ask(size_t task) {
  NodeChannel* const node = Channel(task);
  return node != nullptr && node->SendQuery(AttemptId(state_->id, state_->tasks[task].attempt));
}

void CommandSender::Cancel(size_t task, absl::string_view reason) {
  if (NodeChannel* const node = Channel(task)) {
    node->SendCancel(AttemptId(state_->id, state_->tasks[task].attempt), reason);
  }
}

void CommandSender::Acknowledge(size_t task, uint32_t attempt) {
  if (!state_->recorded()) return;
  if (NodeChannel* const node = Channel(task)) node->SendAck(AttemptId(state_->id, attempt));
}

}  // namespace orch::hub

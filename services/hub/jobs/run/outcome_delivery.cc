#include "services/hub/jobs/run/outcome_delivery.h"

#include <algorithm>

#include "base/failpoint.h"

namespace orch::hub {

void OutcomeDelivery::OnReplyStored(size_t task, uint32_t attempt, uint64_t number, const v1::Reply& reply) {
  ORCH_FAILPOINT("hub.reply.committed");
  if (number > 0) {
    state_->tasks.MarkStored(task);
    state_->told = std::max(state_->told, number);
    if (attempt > 0) sender_->Acknowledge(task, attempt);
  }
  ORCH_FAILPOINT("hub.reply.acknowledged");
  state_->feed.AddReply(number, reply);
  state_->changed();
}

void OutcomeDelivery::OnDeclineStored(size_t task, uint32_t attempt) {
  state_->tasks.MarkStored(task);
  ORCH_FAILPOINT("hub.task.filtered");
  sender_->Acknowledge(task, attempt);
  state_->changed();
}

void OutcomeDelivery::OnSetAsideStored(size_t task, uint32_t attempt) {
  ORCH_FAILPOINT("hub.task.set_aside");
  if (attempt > 0) sender_->Acknowledge(task, attempt);
  state_->changed();
}

}  // namespace orch::hub

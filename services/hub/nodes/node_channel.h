// The stream of an attached node, as the rest of the hub sees it. Implemented by NodeSession, and by fakes in tests.
// All calls on the hub's loop; none blocks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "orch/v1/node_service.pb.h"

namespace orch::hub {

// The serialised Command of a job and its digest: made once and shared by all targets.
struct CommandBody {
  std::string bytes;
  std::string sha256;  // 32 bytes
};

class NodeChannel {
 public:
  virtual ~NodeChannel() = default;
  // Signs the command for this node and queues it. False when the node's outbox is full or the stream is ending; then
  // nothing was sent.
  virtual bool SendCommand(absl::string_view job_id, const std::shared_ptr<const CommandBody>& body) = 0;
  // Queues a cancellation. Best effort: when the outbox is full, the node ends the task by its own timeout.
  virtual void SendCancel(absl::string_view job_id, absl::string_view reason) = 0;
  // Asks for the state of a command. False as for SendCommand.
  virtual bool SendQuery(absl::string_view job_id) = 0;
  // Tells the node that the outcome is stored, so that the node may forget it. It goes with the next message to the
  // node, at the latest with the answer to a heartbeat, so that a reply costs no message of its own. Best effort: the
  // node repeats an outcome that is not acknowledged when it comes back.
  virtual void SendAck(absl::string_view job_id) = 0;
  // Asks for the DDL texts with these SHA-256. Best effort.
  virtual void AskDdls(const std::vector<std::string>& sha256s) = 0;
  // Tells the node what the hub says of it; commands that are sent later are decided by it. When the outbox is full,
  // the stream ends, because the node must not go on with an old one.
  virtual void SendStanding(const v1::NodeStanding& standing) = 0;
  // Tells the node the reason and ends the stream once that is written. `retry_after`: how long the node stays away;
  // zero leaves this to the node's own backoff.
  virtual void SayGoodbye(absl::string_view reason, absl::Duration retry_after) = 0;
};

}  // namespace orch::hub

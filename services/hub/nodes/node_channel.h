// What the rest of the hub sees of an attached node's stream. Implemented by NodeSession, and by
// fakes in tests. All calls on the hub's loop; none blocks.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace orch::hub {

// A job's serialised Command and its digest: made once, shared by all its targets.
struct CommandBody {
  std::string bytes;
  std::string sha256;  // 32 bytes
};

class NodeChannel {
 public:
  virtual ~NodeChannel() = default;
  // Signs the command for this node and queues it. False when the node's outbox is full or the
  // stream is ending: then nothing was sent.
  virtual bool SendCommand(absl::string_view job_id, const std::shared_ptr<const CommandBody>& body) = 0;
  // Best effort: a node whose outbox is full ends the task by its own timeout.
  virtual void SendCancel(absl::string_view job_id, absl::string_view reason) = 0;
  // Asks what became of a command. False as for SendCommand.
  virtual bool SendQuery(absl::string_view job_id) = 0;
  // Its outcome is stored: the node may forget it. Best effort: the node sends what is not acknowledged again.
  virtual void SendAck(absl::string_view job_id) = 0;
  virtual void AskDdls(const std::vector<std::string>& sha256s) = 0;
  // Says why and ends the stream once that is written. `retry_after` zero: the node's own backoff.
  virtual void SayGoodbye(absl::string_view reason, absl::Duration retry_after) = 0;
};

}  // namespace orch::hub

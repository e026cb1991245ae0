// What a node's session tells the hub. Implemented by Fleet, and by fakes in tests. All calls on the hub's loop.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/refusal.h"
#include "orch/v1/node_service.pb.h"

namespace orch::hub {

class NodeSession;

class NodeEvents {
 public:
  virtual ~NodeEvents() = default;
  // The node has registered. Returns the SHA-256 of the DDLs that the hub wants to see. An error ends the stream and
  // leaves the last good state of the node.
  virtual absl::StatusOr<std::vector<std::string>> OnRegister(NodeSession* session, const v1::Node& node) = 0;
  // The node was told that it is registered: from now on commands can be sent.
  virtual void OnRegistered(NodeSession* session) = 0;
  virtual absl::Status OnDelta(NodeSession* session, const v1::Delta& delta) = 0;
  virtual void OnUpdate(NodeSession* session, const std::string& job_id, v1::TaskUpdate update) = 0;
  virtual absl::Status OnDdls(NodeSession* session, const v1::Ddls& ddls) = 0;
  // A message of the node was seen, whatever it said.
  virtual void OnMessageSeen(NodeSession* session) = 0;
  virtual void OnRefused(NodeSession* session, auth::Refusal refusal) = 0;
  // The stream of a registered node is over. The last event of the session.
  virtual void OnGone(NodeSession* session, absl::string_view reason) = 0;
};

}  // namespace orch::hub

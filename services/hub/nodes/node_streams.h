// Serves the streams of nodes (v1.NodeService.Attach) behind the door: gives each a link and a session. Owned by the
// hub; the door's thread only.
#pragma once

#include <memory>
#include <utility>

#include "auth/keyring.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "services/hub/door/reception.h"
#include "services/hub/door/stream_service.h"
#include "services/hub/nodes/node_inbox.h"
#include "services/hub/nodes/node_session.h"

namespace orch::hub {

inline constexpr char kAttachMethod[] = "/orch.v1.NodeService/Attach";

class NodeStreams final : public StreamService {
 public:
  NodeStreams(Reception* reception, const auth::Keyring* keyring, NodeEvents* events, const Clock* clock,
              Random* random, Executor* executor, NodeSession::Options options)
      : reception_(reception),
        keyring_(keyring),
        events_(events),
        clock_(clock),
        random_(random),
        executor_(executor),
        options_(std::move(options)),
        inbox_(executor) {}

  bool Serves(absl::string_view method) const override { return method == kAttachMethod; }
  absl::StatusOr<std::shared_ptr<StreamReader>> Open(const std::shared_ptr<Visitor>& visitor,
                                                     std::shared_ptr<StreamWriter> writer) override;
  void OnTurnEnd(absl::Duration now) override { inbox_.HandOn(now); }

 private:
  Reception* const reception_;
  const auth::Keyring* const keyring_;
  NodeEvents* const events_;
  const Clock* const clock_;
  Random* const random_;
  Executor* const executor_;
  const NodeSession::Options options_;
  NodeInbox inbox_;
};

}  // namespace orch::hub

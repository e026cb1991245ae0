// What the light nodes of a swarm say to a hub, and what they answer: the messages of docs/PROTOCOL.md without their
// framing. They check nothing that the hub says: the swarm is there to load the hub, not to be protected from it. One
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "auth/key.h"
#include "tests/bench/swarm/wire.h"

namespace orch::swarm {

// What the nodes of one swarm have been told and have done.
struct Counts {
  uint64_t commands = 0, acks = 0, heartbeats = 0, heartbeat_acks = 0, pings = 0, failures = 0, goodbyes = 0,
           others = 0;
};

// The name of the i-th node.
std::string IdentityOf(size_t node);

class NodeVoice {
 public:
  // `psk` is the one whose keys the nodes hold, `ddl` the JSON of the one plugin that they have, `reply_bytes` the size
  // of the filling of each reply.
  NodeVoice(auth::Key psk, std::string ddl, size_t reply_bytes);

  const auth::Key& psk() const { return psk_; }
  std::string KeyOf(size_t node) const;

  // Messages of a node, serialized NodeMessages.
  std::string Register(size_t node) const;
  std::string Ddls() const;
  std::string Heartbeat() const;
  // The outcome of a command, sealed; `key` is the node's.
  std::string Finished(size_t node, const std::string& key, absl::string_view attempt_id) const;

  enum class Event { kNone, kWelcome, kRegistered, kGoodbye };
  // Takes a serialized HubMessage for a node and sets what it answers, if it does.
  Event Hear(size_t node, const std::string& key, absl::string_view message, Counts* counts, std::string* answer) const;

 private:
  const auth::Key psk_;
  const std::string ddl_;
  const std::string ddl_sha256_;
  const std::string filling_;
};

}  // namespace orch::swarm

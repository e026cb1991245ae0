// How the messages of a swarm's nodes are framed: gRPC over HTTP/2 as the project speaks it, NATS's text, or the floor
// (tests/bench/swarm/raw_hub.cc). A dialect takes the bytes of one connection and writes others. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "tests/bench/swarm/node_voice.h"

namespace orch::swarm {

// One node's connection, without its socket.
struct NodeState {
  size_t number = 0;
  std::string key;            // its derived key
  std::string in, out;        // bytes that are not parsed, bytes that are not sent
  std::string message;        // of a gRPC message that came in pieces
  std::string session;        // in clear: what its call must carry
  bool speaks_http2 = false;  // in clear: both sides have proved themselves
};

class Dialect {
 public:
  virtual ~Dialect() = default;
  // The first bytes, once the connection stands.
  virtual void Begin(NodeState* node) = 0;
  // Takes what came, the rest of earlier bytes before it, and returns how much of it is done with; npos ends the
  // connection.
  virtual size_t Take(NodeState* node, absl::string_view in) = 0;
  // A heartbeat, if the dialect has them.
  virtual void Beat(NodeState*) {}
};

// `on_registered` is called with a node that the hub has accepted. The pointers outlive the dialect.
using OnRegistered = std::function<void(NodeState*)>;
std::unique_ptr<Dialect> MakeOrchDialect(const NodeVoice* voice, bool tls, Counts* counts, OnRegistered on_registered);
std::unique_ptr<Dialect> MakeNatsDialect(const NodeVoice* voice, Counts* counts, OnRegistered on_registered);
std::unique_ptr<Dialect> MakeRawDialect(const NodeVoice* voice, Counts* counts, OnRegistered on_registered);

}  // namespace orch::swarm

// The sockets of a swarm in one thread: each node connects, is met by its dialect, and comes back after a while when it
// has lost the hub. Prints REGISTERED when all nodes are there for the first time, LOST when the first of them has
// gone, and BACK when all are there again, with the time that it took.
#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "base/unique_fd.h"
#include "tests/bench/swarm/dialect.h"
#include "tests/bench/swarm/tls_client.h"

namespace orch::swarm {

class Connections {
 public:
  struct Options {
    uint16_t port = 0;  // of 127.0.0.1
    size_t nodes = 1000;
    size_t at_once = 400;  // connections that are not registered yet
    bool tls = false;
    double backoff_s = 1, backoff_max_s = 60;  // full jitter between half of the first and twice as much each time
    double heartbeat_s = 30;
  };
  // `make` makes the dialect, which reports the nodes that the hub has accepted.
  Connections(const Options& options, const NodeVoice* voice, Counts* counts,
              const std::function<std::unique_ptr<Dialect>(OnRegistered)>& make);
  ~Connections();

  // Does what is due, and waits at most 5 ms for something to do. `other` is a descriptor whose input ends the wait;
  // true if it has some.
  bool Step();
  void Watch(int other);
  size_t registered() const { return registered_; }

 private:
  enum class State : uint8_t { kAway, kConnecting, kHandshake, kOpen };
  struct Node {
    NodeState state;
    int fd = -1;
    State at = State::kAway;
    bool registered = false, wants_write = false;
    uint8_t attempt = 0;
    SSL* ssl = nullptr;
    std::unique_ptr<HandshakeKey> handshake;  // while it shakes hands
  };

  void ConnectSome();
  void Connect(Node* node);
  void OnReady(Node* node, uint32_t events);
  void Shake(Node* node);
  void Open(Node* node);
  void Receive(Node* node);
  // False if the node has left.
  bool Flush(Node* node);
  void Leave(Node* node);
  void WantWrite(Node* node, bool write);
  void OnNodeRegistered(NodeState* state);
  void BeatHearts();
  void TellState();

  const Options options_;
  const NodeVoice* const voice_;
  Counts* const counts_;
  std::unique_ptr<TlsClient> tls_;
  std::unique_ptr<Dialect> dialect_;
  UniqueFd epoll_;
  std::vector<Node> nodes_;
  std::deque<uint32_t> waiting_;  // to connect as soon as there is room
  using Due = std::pair<double, uint32_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> later_;
  size_t connecting_ = 0, registered_ = 0;
  bool complete_ = false, was_complete_ = false;
  double began_ = 0;
  double last_beat_ = 0, beats_owed_ = 0;
  size_t next_beat_ = 0;
};

}  // namespace orch::swarm

#include "tests/bench/swarm/connections.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include "auth/peer.h"

namespace orch::swarm {
namespace {

constexpr uint32_t kOther = UINT32_MAX;
constexpr size_t kConnectsAStep = 64;
constexpr int kEventsAStep = 512;
constexpr int kWaitMs = 5;
constexpr uint32_t kFirstSource = 0x7f010001;  // 127.1.0.1; a hub bounds the handshakes of one address
constexpr size_t kNodesASource = 150;
constexpr size_t kKeptBytes = 64;  // of a buffer that is empty

void Must(bool ok, const char* what) {
  if (ok) return;
  std::perror(what);
  std::exit(1);
}

void Release(std::string* buffer) {
  if (buffer->empty() && buffer->capacity() > kKeptBytes) std::string().swap(*buffer);
}

}  // namespace

Connections::Connections(const Options& options, const NodeVoice* voice, Counts* counts,
                         const std::function<std::unique_ptr<Dialect>(OnRegistered)>& make)
    : options_(options),
      voice_(voice),
      counts_(counts),
      tls_(options.tls ? std::make_unique<TlsClient>() : nullptr),
      dialect_(make([this](NodeState* state) { OnNodeRegistered(state); })),
      epoll_(epoll_create1(EPOLL_CLOEXEC)),
      nodes_(options.nodes),
      began_(SteadySeconds()),
      last_beat_(began_) {
  Must(epoll_.valid(), "epoll_create1");
  for (size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].state.number = i;
    nodes_[i].state.key = voice_->KeyOf(i);
    waiting_.push_back(static_cast<uint32_t>(i));
  }
}

Connections::~Connections() {
  for (Node& node : nodes_) {
    if (node.ssl != nullptr) SSL_free(node.ssl);
    if (node.fd >= 0) close(node.fd);
  }
}

void Connections::Watch(int other) {
  epoll_event event{EPOLLIN, {.u32 = kOther}};
  Must(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, other, &event) == 0, "epoll_ctl");
}

bool Connections::Step() {
  ConnectSome();
  const bool hurry = !waiting_.empty() && connecting_ < options_.at_once;
  static epoll_event events[kEventsAStep];
  const int ready = epoll_wait(epoll_.get(), events, kEventsAStep, hurry ? 0 : kWaitMs);
  bool other = false;
  for (int i = 0; i < ready; ++i) {
    if (events[i].data.u32 == kOther) {
      other = true;
    } else if (nodes_[events[i].data.u32].fd >= 0) {
      OnReady(&nodes_[events[i].data.u32], events[i].events);
    }
  }
  BeatHearts();
  TellState();
  return other;
}

void Connections::ConnectSome() {
  const double now = SteadySeconds();
  for (; !later_.empty() && later_.top().first <= now; later_.pop()) waiting_.push_back(later_.top().second);
  for (size_t i = 0; i < kConnectsAStep && !waiting_.empty() && connecting_ < options_.at_once; ++i) {
    Node* const node = &nodes_[waiting_.front()];
    waiting_.pop_front();
    Connect(node);
  }
}

void Connections::Connect(Node* node) {
  const int one = 1;
  node->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  Must(node->fd >= 0, "socket");
  setsockopt(node->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  setsockopt(node->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(kFirstSource + static_cast<uint32_t>(node->state.number / kNodesASource << 8));
  Must(bind(node->fd, reinterpret_cast<sockaddr*>(&source), sizeof source) == 0, "bind");
  sockaddr_in hub{};
  hub.sin_family = AF_INET;
  hub.sin_port = htons(options_.port);
  hub.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ++connecting_;
  node->at = State::kConnecting;
  node->wants_write = true;
  if (connect(node->fd, reinterpret_cast<sockaddr*>(&hub), sizeof hub) != 0 && errno != EINPROGRESS) return Leave(node);
  epoll_event event{EPOLLIN | EPOLLOUT, {.u32 = static_cast<uint32_t>(node->state.number)}};
  Must(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, node->fd, &event) == 0, "epoll_ctl");
}

void Connections::OnReady(Node* node, uint32_t events) {
  if (node->at == State::kConnecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(node->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return Leave(node);
    if ((events & EPOLLOUT) == 0) return;
    if (tls_ == nullptr) return Open(node);
    const auth::PskIdentity identity{auth::PeerKind::kNode, IdentityOf(node->state.number), voice_->psk().id, false};
    node->handshake = std::make_unique<HandshakeKey>(identity.Text(), auth::TlsKey(node->state.key));
    node->ssl = tls_->Connect(node->fd, node->handshake.get());
    node->at = State::kHandshake;
  }
  if (node->at == State::kHandshake) {
    Shake(node);
    if (node->at != State::kOpen) return;
  }
  if ((events & EPOLLOUT) != 0 && !Flush(node)) return;
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) Receive(node);
}

void Connections::Shake(Node* node) {
  const int result = SSL_do_handshake(node->ssl);
  if (result == 1) {
    node->handshake = nullptr;
    return Open(node);
  }
  const int error = SSL_get_error(node->ssl, result);
  ERR_clear_error();
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return Leave(node);
  WantWrite(node, error == SSL_ERROR_WANT_WRITE);
}

void Connections::Open(Node* node) {
  node->at = State::kOpen;
  dialect_->Begin(&node->state);
  Flush(node);
}

void Connections::Receive(Node* node) {
  static char buffer[1 << 18];
  while (true) {
    ssize_t got = 0;
    if (node->ssl != nullptr) {
      got = SSL_read(node->ssl, buffer, sizeof buffer);
      const int error = got > 0 ? 0 : SSL_get_error(node->ssl, static_cast<int>(got));
      ERR_clear_error();
      if (error == SSL_ERROR_WANT_READ) break;
    } else {
      got = recv(node->fd, buffer, sizeof buffer, 0);
      if (got < 0 && errno == EAGAIN) break;
    }
    if (got <= 0) return Leave(node);
    absl::string_view in(buffer, static_cast<size_t>(got));
    std::string whole;
    if (!node->state.in.empty()) {
      whole = std::move(node->state.in);
      whole.append(in.data(), in.size());
      in = whole;
      node->state.in.clear();
    }
    const size_t taken = dialect_->Take(&node->state, in);
    if (taken == absl::string_view::npos) return Leave(node);
    if (taken < in.size()) node->state.in = std::string(in.substr(taken));
    if (node->ssl == nullptr && got < static_cast<ssize_t>(sizeof buffer)) break;
  }
  if (!node->state.out.empty()) Flush(node);
}

bool Connections::Flush(Node* node) {
  std::string* const out = &node->state.out;
  while (!out->empty()) {
    ssize_t sent = 0;
    if (node->ssl != nullptr) {
      sent = SSL_write(node->ssl, out->data(), static_cast<int>(out->size()));
      if (sent <= 0 && SSL_get_error(node->ssl, static_cast<int>(sent)) == SSL_ERROR_WANT_WRITE) break;
    } else {
      sent = send(node->fd, out->data(), out->size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EAGAIN) break;
    }
    ERR_clear_error();
    if (sent <= 0) return Leave(node), false;
    out->erase(0, static_cast<size_t>(sent));
  }
  Release(out);
  WantWrite(node, !out->empty());
  return true;
}

void Connections::Leave(Node* node) {
  if (node->registered) {
    node->registered = false;
    if (registered_-- == nodes_.size()) {
      std::printf("LOST\n");
      began_ = SteadySeconds();
    }
  } else {
    --connecting_;
    ++counts_->failures;
  }
  if (node->ssl != nullptr) SSL_free(node->ssl);
  node->ssl = nullptr;
  close(node->fd);
  node->fd = -1;
  node->at = State::kAway;
  for (std::string* buffer : {&node->state.in, &node->state.out, &node->state.message, &node->state.session}) {
    std::string().swap(*buffer);
  }
  const double span = std::min(options_.backoff_max_s, options_.backoff_s * (1 << std::min<int>(node->attempt++, 10)));
  later_.push({SteadySeconds() + std::max(options_.backoff_s / 2, span * drand48()),
               static_cast<uint32_t>(node->state.number)});
}

void Connections::WantWrite(Node* node, bool write) {
  if (node->wants_write == write) return;
  node->wants_write = write;
  epoll_event event{EPOLLIN | (write ? EPOLLOUT : 0u), {.u32 = static_cast<uint32_t>(node->state.number)}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, node->fd, &event);
}

void Connections::OnNodeRegistered(NodeState* state) {
  Node* const node = &nodes_[state->number];
  if (node->registered) return;
  node->registered = true;
  node->attempt = 0;
  ++registered_;
  --connecting_;
}

// Each node once a period, evenly spread.
void Connections::BeatHearts() {
  const double now = SteadySeconds();
  beats_owed_ += (now - last_beat_) * static_cast<double>(nodes_.size()) / options_.heartbeat_s;
  for (last_beat_ = now; beats_owed_ >= 1; beats_owed_ -= 1) {
    Node* const node = &nodes_[next_beat_++ % nodes_.size()];
    if (!node->registered) continue;
    dialect_->Beat(&node->state);
    if (!node->state.out.empty()) Flush(node);
  }
}

void Connections::TellState() {
  const bool all = registered_ == nodes_.size();
  if (all && !complete_) {
    const double seconds = SteadySeconds() - began_;
    std::printf("%s nodes=%zu seconds=%.3f rate=%.0f swarm_us=%.1f failures=%" PRIu64 "\n",
                was_complete_ ? "BACK" : "REGISTERED", registered_, seconds, static_cast<double>(registered_) / seconds,
                ProcessorSeconds(getpid()) * 1e6 / static_cast<double>(registered_), counts_->failures);
    was_complete_ = true;
  }
  complete_ = all;
  std::fflush(stdout);
}

}  // namespace orch::swarm

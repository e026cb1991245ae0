// The floor that a hub is compared with: one thread, epoll, no gRPC, no keys, no records. Before each message stand its
// length in 4 bytes and a letter: H from a node that is here, answered by W; Q a client's command, passed to every
// node; R an answer, passed to the client; E to the client when all have answered.
//
//   raw_hub --port=PORT
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/bench/swarm/options.h"

namespace orch::swarm {
namespace {

class RawHub {
 public:
  explicit RawHub(int listener) : listener_(listener), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    epoll_event event{EPOLLIN, {.ptr = nullptr}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, listener_, &event);
  }

  void Step() {
    static epoll_event events[512];
    const int ready = epoll_wait(epoll_, events, 512, -1);
    for (int i = 0; i < ready; ++i) {
      auto* const peer = static_cast<Peer*>(events[i].data.ptr);
      if (peer == nullptr) {
        Accept();
        continue;
      }
      if ((events[i].events & EPOLLOUT) != 0) Flush(peer);
      Receive(peer);
    }
    if (client_ != nullptr && !client_->out.empty() && !client_->wants_write) Flush(client_);
  }

 private:
  struct Peer {
    int fd;
    bool is_node = false, wants_write = false;
    size_t index = 0;
    std::string in, out;
  };

  void Accept() const {
    const int one = 1;
    for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      epoll_event event{EPOLLIN, {.ptr = new Peer{fd, false, false, 0, {}, {}}}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
  }
  static void Put(Peer* to, char letter, absl::string_view message) {
    const auto size = static_cast<uint32_t>(message.size() + 1);
    to->out.append(reinterpret_cast<const char*>(&size), sizeof size)
        .append(1, letter)
        .append(message.data(), message.size());
  }
  void Flush(Peer* peer) const {
    size_t at = 0;
    while (at < peer->out.size()) {
      const ssize_t sent = send(peer->fd, peer->out.data() + at, peer->out.size() - at, MSG_NOSIGNAL);
      if (sent <= 0) break;
      at += static_cast<size_t>(sent);
    }
    peer->out.erase(0, at);
    const bool rest = !peer->out.empty();
    if (!rest && peer->is_node) std::string().swap(peer->out);
    if (rest == peer->wants_write) return;
    peer->wants_write = rest;
    epoll_event event{EPOLLIN | (rest ? EPOLLOUT : 0u), {.ptr = peer}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, peer->fd, &event);
  }
  void OnMessage(Peer* from, char letter, absl::string_view message) {
    if (letter == 'H') {
      from->is_node = true;
      from->index = nodes_.size();
      nodes_.push_back(from);
      Put(from, 'W', "");
      Flush(from);
    } else if (letter == 'Q') {
      client_ = from;
      open_answers_ = nodes_.size();
      for (Peer* const node : nodes_) {
        Put(node, 'Q', message);
        Flush(node);
      }
    } else if (letter == 'R' && client_ != nullptr) {
      Put(client_, 'R', message);
      if (--open_answers_ == 0) Put(client_, 'E', "");
    }
  }
  void Receive(Peer* peer) {
    static char buffer[1 << 16];
    const ssize_t got = recv(peer->fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return Leave(peer);
    absl::string_view in(buffer, static_cast<size_t>(got));
    if (!peer->in.empty()) in = peer->in.append(in.data(), in.size());
    for (uint32_t size = 0; in.size() >= sizeof size; in.remove_prefix(sizeof size + size)) {
      std::memcpy(&size, in.data(), sizeof size);
      if (in.size() < sizeof size + size) break;
      OnMessage(peer, in[sizeof size], in.substr(sizeof size + 1, size - 1));
    }
    std::string rest(in);
    peer->in.swap(rest);
  }
  void Leave(Peer* peer) {
    if (peer->is_node) {
      nodes_[peer->index] = nodes_.back();
      nodes_[peer->index]->index = peer->index;
      nodes_.pop_back();
    }
    if (client_ == peer) client_ = nullptr;
    close(peer->fd);
    delete peer;
  }

  const int listener_, epoll_;
  std::vector<Peer*> nodes_;
  Peer* client_ = nullptr;
  size_t open_answers_ = 0;
};

}  // namespace
}  // namespace orch::swarm

int main(int argc, char** argv) {
  const orch::swarm::Options options(argc, argv);
  rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(options.Number("port", 0)));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 || listen(listener, 4096) != 0) {
    std::perror("listen");
    return 1;
  }
  orch::swarm::RawHub hub(listener);
  while (true) hub.Step();
}

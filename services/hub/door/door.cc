#include "services/hub/door/door.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/durable_file.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "services/hub/door/listen_address.h"

namespace orch::hub {
namespace {

constexpr int kSweepMilliseconds = 500;

int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

bool IsLoopback(const std::string& source) { return absl::StartsWith(source, "127.") || source == "::1"; }

}  // namespace

absl::StatusOr<std::unique_ptr<Door>> Door::Listen(const std::vector<std::string>& addresses, Options options,
                                                   const Clock* clock) {
  std::unique_ptr<Door> door(new Door(options, clock));
  door->epoll_ = epoll_create1(EPOLL_CLOEXEC);
  door->wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  door->spare_ = OpenSpare();
  if (door->epoll_ < 0 || door->wake_ < 0 || door->spare_ < 0) return ErrnoStatus(errno, "cannot prepare to listen");
  for (const std::string& address : addresses) ORCH_RETURN_IF_ERROR(door->Bind(address));
  epoll_event event{EPOLLIN, {.fd = door->wake_}};
  epoll_ctl(door->epoll_, EPOLL_CTL_ADD, door->wake_, &event);
  return door;
}

absl::Status Door::Bind(const std::string& address) {
  std::string bound;
  ORCH_ASSIGN_OR_RETURN(const int fd, ListenOn(address, &bound));
  listeners_.push_back(fd);
  addresses_.push_back(std::move(bound));
  epoll_event event{EPOLLIN, {.fd = fd}};
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0)
    return ErrnoStatus(errno, absl::StrCat("cannot watch ", address));
  return absl::OkStatus();
}

Door::~Door() {
  StopAccepting();
  MutexLock lock(&mu_);
  for (const auto& [peer, stranger] : strangers_) close(stranger.fd);
  for (const int fd : {epoll_, wake_, spare_}) {
    if (fd >= 0) close(fd);
  }
}

void Door::Serve(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor) {
  acceptor_ = std::move(acceptor);
  thread_ = std::thread(&Door::Run, this);
}

void Door::StopAccepting() {
  if (!stopping_.exchange(true)) {
    const uint64_t one = 1;
    if (wake_ >= 0 && write(wake_, &one, sizeof one) < 0) LogError("the door cannot be woken");
  }
  if (thread_.joinable()) thread_.join();
  for (const int fd : listeners_) close(fd);
  listeners_.clear();
}

void Door::Run() {
  pthread_setname_np(pthread_self(), "door");
  epoll_event events[64];
  while (!stopping_) {
    const int ready = epoll_wait(epoll_, events, 64, kSweepMilliseconds);
    for (int i = 0; i < ready && !stopping_; ++i) {
      const int fd = events[i].data.fd;
      if (fd == wake_) continue;
      std::string peer;
      {
        MutexLock lock(&mu_);
        const auto found = peer_of_fd_.find(fd);
        if (found != peer_of_fd_.end()) peer = found->second;
      }
      if (!peer.empty()) {
        Forget(peer);
      } else if (events[i].events & EPOLLIN) {
        AcceptAll(fd);
      }
    }
    CutOffSlow();
  }
}

void Door::AcceptAll(int listener) {
  bool is_listener = false;
  for (const int fd : listeners_) is_listener |= fd == listener;
  if (!is_listener) return;  // a stranger that was forgotten meanwhile
  for (int i = 0; i < 64; ++i) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      Admit(fd, listener);
    } else if (errno == EMFILE || errno == ENFILE) {
      // Without this the listener would stay readable and never be served: take one peer and close it.
      if (spare_ < 0) return;
      close(spare_);
      const int surplus = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (surplus >= 0) close(surplus);
      spare_ = OpenSpare();
      ++counters_.turned_away;
      if (surplus < 0) return;
    } else if (errno != EINTR && errno != ECONNABORTED) {
      return;
    }
  }
}

void Door::Admit(int fd, int listener) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getpeername(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    close(fd);
    return;
  }
  const PeerName name = PeerNameOf(address);
  if (!Note(fd, name.peer, name.source)) {
    ++counters_.turned_away;
    close(fd);
    return;
  }
  ++counters_.accepted;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = listener;
  parameters.fd = fd;
  acceptor_->HandleNewConnection(&parameters);
}

bool Door::Note(int fd, const std::string& peer, const std::string& source) {
  MutexLock lock(&mu_);
  ForgetLocked(peer);  // an earlier connection from the same port, whose end was not seen yet
  if (strangers_.size() >= options_.max_unauthenticated) return false;
  size_t& of_source = per_source_[source];
  // A whole test fleet may come from this very host; it is held to the cap in all only.
  if (!IsLoopback(source) && of_source >= options_.max_unauthenticated_per_source) return false;
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) {
    if (of_source == 0) per_source_.erase(source);
    return false;
  }
  ++of_source;
  strangers_[peer] = {copy, source, clock_->Steady()};
  peer_of_fd_[copy] = peer;
  // Hang-ups and errors are always told; the data is gRPC's.
  epoll_event event{EPOLLRDHUP, {.fd = copy}};
  epoll_ctl(epoll_, EPOLL_CTL_ADD, copy, &event);
  return true;
}

void Door::Authenticated(absl::string_view peer) { Forget(absl::StrReplaceAll(peer, {{"%5B", "["}, {"%5D", "]"}})); }

void Door::Forget(const std::string& peer) {
  MutexLock lock(&mu_);
  ForgetLocked(peer);
}

void Door::ForgetLocked(const std::string& peer) {
  const auto found = strangers_.find(peer);
  if (found == strangers_.end()) return;
  const auto of_source = per_source_.find(found->second.source);
  if (--of_source->second == 0) per_source_.erase(of_source);
  peer_of_fd_.erase(found->second.fd);
  // Closing a duplicate does not take it out of the epoll set while the original is open.
  epoll_ctl(epoll_, EPOLL_CTL_DEL, found->second.fd, nullptr);
  close(found->second.fd);
  strangers_.erase(found);
}

void Door::CutOffSlow() {
  const absl::Duration limit = clock_->Steady() - options_.authenticate_within;
  MutexLock lock(&mu_);
  std::vector<std::string> slow;
  for (const auto& [peer, stranger] : strangers_) {
    if (stranger.since < limit) slow.push_back(peer);
  }
  for (const std::string& peer : slow) {
    ++counters_.cut_off;
    shutdown(strangers_[peer].fd, SHUT_RDWR);
    ForgetLocked(peer);
  }
}

size_t Door::unauthenticated() const {
  MutexLock lock(&mu_);
  return strangers_.size();
}

}  // namespace orch::hub

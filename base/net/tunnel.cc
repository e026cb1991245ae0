#include "base/net/tunnel.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/mutex.h"
#include "base/net/dial.h"
#include "base/net/frame_guard.h"
#include "base/net/pair_side.h"
#include "base/net/refusal_frames.h"
#include "base/status_macros.h"

namespace orch {
namespace {

// The first bytes of a hub: they tell whether it refuses the peer or accepts it and sends its settings.
class Greeting {
 public:
  // An error when the hub refuses.
  absl::Status Hear(absl::string_view bytes) {
    if (over_) return absl::OkStatus();
    first_.append(bytes.data(), std::min(bytes.size(), kMaxRefusalBytes - first_.size()));
    Refused refused = ReadRefusal(first_);
    over_ = refused.kind == Refused::Kind::kNo;
    if (refused.kind != Refused::Kind::kYes) return absl::OkStatus();
    refusal_ = std::move(refused.why);
    return absl::ResourceExhaustedError(refusal_);
  }
  bool over() const { return over_; }
  const std::string& refusal() const { return refusal_; }

 private:
  std::string first_;
  bool over_ = false;  // the hub accepts
  std::string refusal_;
};

}  // namespace

// Shared with the thread, which may outlive the tunnel during a name lookup.
struct Tunnel::State {
  Address address;
  std::unique_ptr<TunnelSecurity> security;
  const Clock* clock;
  absl::Duration deadline;
  OnOpen on_open;
  std::unique_ptr<TunnelEnd> end;  // null: the connection is for gRPC
  UniqueFd wake;
  std::atomic<bool> carrying{false};  // a TunnelEnd
  std::thread thread;

  Mutex mu;
  bool looking_up ABSL_GUARDED_BY(mu) = false;
  bool stopped ABSL_GUARDED_BY(mu) = false;
  absl::Status reason ABSL_GUARDED_BY(mu);

  void Run();
  absl::Status Open();
  // Gives the TunnelEnd to `pump`, and carries until the connection ends.
  absl::Status CarryEnd(TlsPump* pump, const std::string& session);
  absl::Status CarryUntilOver(TlsPump* pump, const Greeting& greeting);
  absl::Status OpenInClear(UniqueFd net);
  absl::Status OpenTls(UniqueFd net);
  absl::Status Handshake(TlsPump* pump);
  // Carries until the connection or gRPC ends; hands over `channel` when the hub has sent its first bytes.
  absl::Status Carry(TlsPump* pump, PairSide* pair, UniqueFd channel);
  // False if the tunnel was destroyed meanwhile.
  bool Answer(absl::StatusOr<Opened> opened);
  absl::Status About(const absl::Status& status) const;
  // Asked in each round, because a hub that never stops sending leaves no time to wait.
  bool IsStopped() {
    MutexLock lock(&mu);
    return stopped;
  }
};

namespace {

bool IsReady(const pollfd& fd) { return (fd.revents & (POLLIN | POLLHUP | POLLERR)) != 0; }
bool HungUp(const pollfd& fd) { return (fd.revents & (POLLHUP | POLLERR)) != 0; }

short Events(bool read, bool write) {  // NOLINT: poll's type
  return static_cast<short>((read ? POLLIN : 0) | (write ? POLLOUT : 0));
}

// The status after a hub broke the rules of its connection: the same code as for a hub that cannot be reached.
absl::Status WhyOver(const absl::Status& reason) {
  if (!absl::IsInvalidArgument(reason) && !absl::IsResourceExhausted(reason)) return reason;
  return absl::UnavailableError(absl::StrCat("it does not behave as an orch hub does: ", reason.message()));
}

absl::Status SendLine(int fd, std::string line, int wake, const Clock& clock, absl::Duration deadline) {
  line += '\n';
  for (size_t done = 0; done < line.size();) {
    const ssize_t sent = send(fd, line.data() + done, line.size() - done, MSG_NOSIGNAL);
    if (sent > 0) done += static_cast<size_t>(sent);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return absl::UnavailableError("it closed the connection");
    if (done < line.size()) ORCH_RETURN_IF_ERROR(AwaitSocket(fd, POLLOUT, wake, clock, deadline));
  }
  return absl::OkStatus();
}

// Reads the line and no further byte, because the rest belongs to gRPC.
absl::StatusOr<std::string> ReadLine(int fd, int wake, const Clock& clock, absl::Duration deadline) {
  std::string line;
  char bytes[Tunnel::kMaxLineBytes];
  while (line.size() < Tunnel::kMaxLineBytes) {
    const ssize_t seen = recv(fd, bytes, sizeof bytes - line.size(), MSG_PEEK);
    if (seen == 0)
      return absl::UnavailableError("it closed the connection at once; if it speaks TLS, set tls.mode to on");
    if (seen < 0) {
      if (errno != EAGAIN && errno != EINTR) return absl::UnavailableError("it closed the connection");
      ORCH_RETURN_IF_ERROR(AwaitSocket(fd, POLLIN, wake, clock, deadline));
      continue;
    }
    const absl::string_view text(bytes, static_cast<size_t>(seen));
    const size_t end = text.find('\n');
    const size_t size = end == absl::string_view::npos ? text.size() : end + 1;
    const ssize_t taken = recv(fd, bytes, size, 0);
    if (taken <= 0) return absl::UnavailableError("it closed the connection");
    line.append(bytes, static_cast<size_t>(taken));
    if (line.back() == '\n') {
      line.pop_back();
      return line;
    }
  }
  return absl::FailedPreconditionError("what listens there is no orch hub; check the port");
}

}  // namespace

absl::Status Tunnel::State::About(const absl::Status& status) const {
  return absl::Status(status.code(), absl::StrCat("cannot connect to hub ", address.Text(), ": ", status.message()));
}

bool Tunnel::State::Answer(absl::StatusOr<Opened> opened) {
  MutexLock lock(&mu);
  if (stopped) return false;
  std::exchange(on_open, nullptr)(std::move(opened));
  return true;
}

void Tunnel::State::Run() {
  pthread_setname_np(pthread_self(), "tunnel");
  const absl::Status ended = Open();
  if (end != nullptr) end->Over(About(ended));  // it has not begun
  if (on_open != nullptr) {
    Answer(About(ended.ok() ? absl::UnavailableError("it closed the connection at once") : ended));
  }
  MutexLock lock(&mu);
  reason = ended;
}

absl::Status Tunnel::State::Open() {
  {
    MutexLock lock(&mu);
    if (stopped) return absl::CancelledError("not wanted any more");
    looking_up = true;
  }
  const absl::StatusOr<std::vector<SocketAddress>> found = LookUp(address);
  {
    MutexLock lock(&mu);
    looking_up = false;
    if (stopped) return absl::CancelledError("not wanted any more");
  }
  ORCH_RETURN_IF_ERROR(found.status());
  ORCH_ASSIGN_OR_RETURN(UniqueFd net, Connect(*found, *clock, deadline, wake.get()));
  return security->in_clear() ? OpenInClear(std::move(net)) : OpenTls(std::move(net));
}

absl::Status Tunnel::State::OpenInClear(UniqueFd net) {
  std::string say = security->FirstLine();
  while (true) {
    ORCH_RETURN_IF_ERROR(SendLine(net.get(), std::move(say), wake.get(), *clock, deadline));
    ORCH_ASSIGN_OR_RETURN(const std::string line, ReadLine(net.get(), wake.get(), *clock, deadline));
    ORCH_ASSIGN_OR_RETURN(TunnelSecurity::Step step, security->OnLine(line));
    if (step.done && end != nullptr) {
      const auto scratch = std::make_unique_for_overwrite<TlsPump::Scratch>();
      TlsPump pump(std::move(net), nullptr, scratch.get());
      return CarryEnd(&pump, step.session);
    }
    if (step.done) {
      Answer(Opened{std::move(net), std::move(step.session)});
      return absl::OkStatus();
    }
    say = std::move(step.say);
  }
}

absl::Status Tunnel::State::OpenTls(UniqueFd net) {
  ORCH_ASSIGN_OR_RETURN(SslPtr ssl, security->BeginTls());
  const auto scratch = std::make_unique_for_overwrite<TlsPump::Scratch>();
  TlsPump pump(std::move(net), std::move(ssl), scratch.get());
  ORCH_RETURN_IF_ERROR(Handshake(&pump));
  ORCH_RETURN_IF_ERROR(security->CheckTls(pump.ssl()));
  if (end != nullptr) return CarryEnd(&pump, "");
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) {
    return ErrnoStatus(errno, "cannot make a socket pair");
  }
  UniqueFd channel(ends[1]);
  auto inner = std::make_unique<PairSide>(UniqueFd(ends[0]));
  PairSide* const pair = inner.get();
  auto guard = std::make_shared<FrameGuard>(FrameGuard::From::kServer);
  pump.Join(
      std::move(inner),
      [guard, clock = clock](absl::string_view bytes) { return guard->Weigh(bytes, clock->Steady()).status(); },
      nullptr);
  return Carry(&pump, pair, std::move(channel));
}

absl::Status Tunnel::State::Handshake(TlsPump* pump) {
  while (true) {
    switch (pump->Shake()) {
      case TlsPump::Handshake::kDone:
        return absl::OkStatus();
      case TlsPump::Handshake::kFailed:
        return security->ExplainTls(pump->error());
      case TlsPump::Handshake::kWait:
        break;
    }
    const absl::Status ready =
        AwaitSocket(pump->net(), Events(true, pump->AwaitsNetWrite()), wake.get(), *clock, deadline);
    if (absl::IsDeadlineExceeded(ready)) {
      return absl::DeadlineExceededError(
          "what listens there did not finish the TLS handshake in time; check the port and the hub's load");
    }
    ORCH_RETURN_IF_ERROR(ready);
    pump->OnNet(true, true, false);
  }
}

absl::Status Tunnel::State::Carry(TlsPump* pump, PairSide* pair, UniqueFd channel) {
  pump->OnNet(true, true, false);
  pair->OnReady(true, true, false);
  while (true) {
    const TlsPump::Step step = pump->Carry();
    // The first bytes of a hub tell whether it refuses the peer or accepts it and sends its settings.
    char first[kMaxRefusalBytes];
    const ssize_t seen = channel.valid() ? recv(channel.get(), first, sizeof first, MSG_PEEK) : -1;
    if (seen > 0) {
      const Refused refused = ReadRefusal({first, static_cast<size_t>(seen)});
      if (refused.kind == Refused::Kind::kYes) return absl::ResourceExhaustedError(refused.why);
      if (refused.kind == Refused::Kind::kNo && !Answer(Opened{std::exchange(channel, UniqueFd()), ""})) {
        return absl::CancelledError("not wanted any more");
      }
    }
    if (step == TlsPump::Step::kOver) {
      if (pump->error() != 0) return security->ExplainTls(pump->error());
      return channel.valid() && pump->reason().ok() ? absl::UnavailableError("it closed the connection at once")
                                                    : WhyOver(pump->reason());
    }
    if (channel.valid() && seen == 0) return security->ExplainTls(pump->error());
    if (IsStopped()) return absl::CancelledError("not wanted any more");
    if (step == TlsPump::Step::kMore) continue;
    pollfd fds[3] = {{pump->net(), Events(pump->AwaitsNetRead(), pump->AwaitsNetWrite()), 0},
                     {pair->fd(), Events(pair->AwaitsRead(), pair->AwaitsWrite()), 0},
                     {wake.get(), POLLIN, 0}};
    const absl::Duration left = channel.valid() ? deadline - clock->Steady() : absl::InfiniteDuration();
    if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("it did not greet in time");
    poll(fds, 3, channel.valid() ? static_cast<int>(absl::ToInt64Milliseconds(left)) + 1 : -1);
    if (fds[2].revents != 0) return absl::CancelledError("not wanted any more");
    pump->OnNet(IsReady(fds[0]), (fds[0].revents & POLLOUT) != 0, HungUp(fds[0]));
    pair->OnReady(IsReady(fds[1]), (fds[1].revents & POLLOUT) != 0, HungUp(fds[1]));
  }
}

absl::Status Tunnel::State::CarryEnd(TlsPump* pump, const std::string& session) {
  TunnelEnd* const carried = end.get();
  Greeting greeting;
  FrameGuard guard(FrameGuard::From::kServer);
  pump->Join(
      std::move(end),
      [&](absl::string_view bytes) {
        if (absl::Status heard = greeting.Hear(bytes); !heard.ok()) return heard;
        return guard.Weigh(bytes, clock->Steady()).status();
      },
      nullptr);
  carrying = true;
  carried->Begin(session);
  pump->OnNet(true, true, false);
  absl::Status why = CarryUntilOver(pump, greeting);
  if (!greeting.refusal().empty()) why = absl::ResourceExhaustedError(greeting.refusal());
  if (!greeting.over()) why = About(why.ok() ? absl::UnavailableError("it closed the connection at once") : why);
  carried->Over(why);
  return why;
}

absl::Status Tunnel::State::CarryUntilOver(TlsPump* pump, const Greeting& greeting) {
  while (true) {
    const TlsPump::Step step = pump->Carry();
    if (step == TlsPump::Step::kOver) {
      return pump->error() != 0 ? security->ExplainTls(pump->error()) : WhyOver(pump->reason());
    }
    if (IsStopped()) return absl::CancelledError("not wanted any more");
    if (step == TlsPump::Step::kMore) continue;
    pollfd fds[2] = {{pump->net(), Events(pump->AwaitsNetRead(), pump->AwaitsNetWrite()), 0}, {wake.get(), POLLIN, 0}};
    const absl::Duration left = greeting.over() ? absl::InfiniteDuration() : deadline - clock->Steady();
    if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("it did not greet in time");
    poll(fds, 2, greeting.over() ? -1 : static_cast<int>(absl::ToInt64Milliseconds(left)) + 1);
    if (fds[1].revents != 0) {
      uint64_t count;
      (void)!read(wake.get(), &count, sizeof count);
    }
    pump->OnNet(IsReady(fds[0]), (fds[0].revents & POLLOUT) != 0, HungUp(fds[0]));
  }
}

Tunnel::Tunnel(std::shared_ptr<State> state) : state_(std::move(state)) {}

std::function<void()> Tunnel::Waker() const {
  return [state = state_] {
    const uint64_t one = 1;
    if (state->carrying) (void)!write(state->wake.get(), &one, sizeof one);
  };
}

std::unique_ptr<Tunnel> Tunnel::Start(Address address, std::unique_ptr<TunnelSecurity> security, const Clock* clock,
                                      absl::Duration limit, OnOpen on_open) {
  return Start(std::move(address), std::move(security), clock, limit, std::move(on_open), nullptr);
}

std::unique_ptr<Tunnel> Tunnel::Start(Address address, std::unique_ptr<TunnelSecurity> security, const Clock* clock,
                                      absl::Duration limit, std::unique_ptr<TunnelEnd> end) {
  return Start(std::move(address), std::move(security), clock, limit, nullptr, std::move(end));
}

std::unique_ptr<Tunnel> Tunnel::Start(Address address, std::unique_ptr<TunnelSecurity> security, const Clock* clock,
                                      absl::Duration limit, OnOpen on_open, std::unique_ptr<TunnelEnd> end) {
  auto state = std::make_shared<State>();
  state->end = std::move(end);
  state->address = std::move(address);
  state->security = std::move(security);
  state->clock = clock;
  state->deadline = clock->Steady() + limit;
  state->on_open = std::move(on_open);
  state->wake = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  state->thread = std::thread([state] { state->Run(); });
  return std::unique_ptr<Tunnel>(new Tunnel(std::move(state)));
}

Tunnel::~Tunnel() {
  bool detach = false;
  {
    MutexLock lock(&state_->mu);
    state_->stopped = true;
    detach = state_->looking_up;
  }
  const uint64_t one = 1;
  (void)!write(state_->wake.get(), &one, sizeof one);
  if (detach) {
    state_->thread.detach();
  } else {
    state_->thread.join();
  }
}

absl::Status Tunnel::reason() const {
  MutexLock lock(&state_->mu);
  return state_->reason;
}

}  // namespace orch

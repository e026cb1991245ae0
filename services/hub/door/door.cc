#include "services/hub/door/door.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/log.h"
#include "base/net/dial.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

constexpr absl::Duration kSweepEvery = absl::Milliseconds(250);
constexpr absl::Duration kSweepOpenEvery = absl::Seconds(2);
constexpr uint64_t kWakeTag = ~uint64_t{0};
// An event's tag: what it is about in the two lowest bits, a connection's number or a listener's index above.
enum : uint64_t { kNetSide = 0, kPairSide = 1, kListenerSide = 2 };
uint64_t TagOf(uint64_t number, uint64_t side) { return number << 2 | side; }

constexpr uint32_t kSocketEvents = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

// What this thread has worked so far.
double ThreadSeconds() {
  timespec spent{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

int OpenSpare() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

size_t FileLimit() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

// How the file descriptors of the process are shared out.
struct Places {
  size_t strangers = 0;
  size_t lingering = 0;
  size_t connections = 0;
};

Places ShareOut(size_t files, size_t max_strangers) {
  const size_t left = files > 2 * Door::kFilesAside ? files - Door::kFilesAside : files / 2;
  Places places;
  const size_t outside = std::min(left / Door::kStrangersPart, max_strangers + Door::kMaxLingering);
  places.strangers = std::min(max_strangers, std::max<size_t>(1, outside * 2 / 3));
  places.lingering = std::min(Door::kMaxLingering, outside / 3);
  places.connections = (left - outside) / Door::kFilesAConnection;
  return places;
}

}  // namespace

Door::Door(Options options, const auth::HubTls* tls, const auth::Keyring* keyring, Reception* reception,
           Refusals* refusals, const Clock* clock, Random* random)
    : options_(std::move(options)),
      tls_(tls),
      keyring_(keyring),
      reception_(reception),
      refusals_(refusals),
      clock_(clock),
      random_(random),
      room_(&sources_, options_.max_strangers, options_.max_strangers_per_source) {}

absl::StatusOr<std::unique_ptr<Door>> Door::Listen(const std::vector<Address>& addresses, Options options,
                                                   const auth::HubTls* tls, const auth::Keyring* keyring,
                                                   Reception* reception, Refusals* refusals, const Clock* clock,
                                                   Random* random) {
  const Places places = ShareOut(FileLimit(), options.max_strangers);
  options.max_strangers = places.strangers;
  std::unique_ptr<Door> door(new Door(std::move(options), tls, keyring, reception, refusals, clock, random));
  door->epoll_ = UniqueFd(epoll_create1(EPOLL_CLOEXEC));
  door->wake_ = UniqueFd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  door->spare_ = UniqueFd(OpenSpare());
  if (!door->epoll_.valid() || !door->wake_.valid() || !door->spare_.valid()) {
    return ErrnoStatus(errno, "cannot prepare to listen");
  }
  // Unlike the process id, random numbers are not used again by the next hub.
  door->pair_prefix_ = absl::StrCat("orch-door-", random->Uint64(), "-");
  door->max_lingering_ = places.lingering;
  door->max_connections_ = door->options_.max_connections == 0
                               ? places.connections
                               : std::min(places.connections, door->options_.max_connections);
  for (const Address& address : addresses) {
    ORCH_ASSIGN_OR_RETURN(Listener listener, ListenOn(address, door->options_.local_group));
    door->addresses_.push_back(listener.bound);
    door->listeners_.push_back(std::move(listener));
  }
  door->Watch(door->wake_.get(), kWakeTag, EPOLLIN);
  for (size_t i = 0; i < door->listeners_.size(); ++i) {
    door->Watch(door->listeners_[i].fd.get(), TagOf(i, kListenerSide), EPOLLIN | EPOLLET);
  }
  return door;
}

Door::~Door() { Stop(); }

void Door::Watch(int fd, uint64_t tag, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) LogError("the door cannot watch a socket");
}

void Door::Serve(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor) {
  acceptor_ = std::move(acceptor);
  thread_ = std::thread(&Door::Run, this);
}

void Door::StopAccepting() {
  accepting_ = false;
  const uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
}

void Door::Stop() {
  stopping_ = true;
  StopAccepting();
  if (thread_.joinable()) thread_.join();
  for (const auto& [id, connection] : connections_) {
    if (connection->visitor != nullptr) reception_->Leave(connection->grpc_name);
  }
  connections_.clear();
  for (const Listener& listener : listeners_) {
    if (listener.is_unix) unlink(listener.bound.substr(5).c_str());
  }
  listeners_.clear();
}

void Door::Recheck() {
  recheck_ = true;
  const uint64_t one = 1;
  (void)!write(wake_.get(), &one, sizeof one);
}

absl::Duration Door::NextWake() const {
  if (!busy_.empty() || !to_recheck_.empty()) return absl::ZeroDuration();
  absl::Duration wait = kSweepEvery;
  if (!paused_.empty()) wait = absl::Milliseconds(5);
  if (!knocking_.empty() || (backlog_waits_ && accepting_)) {
    const absl::Duration now = clock_->Steady();
    wait = std::min(wait, TokenBucket(strangers_cpu_).Wait(now));
    if (knocking_.empty() && NewcomersMustWait()) wait = std::max(wait, absl::Milliseconds(1));
  }
  return wait;
}

void Door::Run() {
  pthread_setname_np(pthread_self(), "door");
  bool closed = false;
  while (!stopping_) {
    TakeEvents(NextWake());
    if (!accepting_ && !std::exchange(closed, true)) {
      for (Listener& listener : listeners_) listener.fd.Reset();
    }
    const size_t turn = busy_.size();
    for (size_t i = 0; i < turn; ++i) {
      Connection* const connection = Find(busy_.front());
      busy_.pop_front();
      if (connection == nullptr) continue;
      connection->queued = false;
      Carry(connection);
    }
    ResumePaused();
    ReceiveStrangers();
    Sweep();
    Bury();
  }
}

// The processor time that events take counts against the strangers in proportion to the events that they caused.
void Door::TakeEvents(absl::Duration wait) {
  epoll_event events[256];
  const double begin = ThreadSeconds();
  const int ready = epoll_wait(epoll_.get(), events, 256,
                               static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(wait, absl::Milliseconds(1)))));
  int of_strangers = 0;
  for (int i = 0; i < ready; ++i) {
    if (OnEvent(events[i].data.u64, events[i].events)) ++of_strangers;
  }
  if (of_strangers == 0) return;
  strangers_cpu_.Take((ThreadSeconds() - begin) * of_strangers / ready, clock_->Steady());
}

bool Door::OnEvent(uint64_t tag, uint32_t events) {
  if (tag == kWakeTag) {
    uint64_t count;
    (void)!read(wake_.get(), &count, sizeof count);
    return false;
  }
  if ((tag & 3) == kListenerSide) {
    backlog_waits_ = true;
    return true;
  }
  Connection* const connection = Find(tag >> 2);
  if (connection == nullptr) return false;
  const bool hang_up = (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
  const bool readable = (events & EPOLLIN) != 0;
  const bool writable = (events & EPOLLOUT) != 0;
  if ((tag & 3) == kPairSide) {
    connection->pump()->OnPair(readable, writable, hang_up);
  } else {
    connection->OnNet(readable, writable, hang_up);
  }
  if (connection->raw()) {
    if (hang_up) Close(connection, false);  // the data is gRPC's
    return false;
  }
  if (connection->open()) {
    Carry(connection);
    return false;
  }
  if ((readable || hang_up) && !std::exchange(connection->queued, true)) knocking_.push_back(connection->id);
  return true;
}

// What strangers cost, their going included, is measured and held to their share, so that a flood of them takes nothing
// from those who are in.
void Door::ReceiveStrangers() {
  if (knocking_.empty() && !backlog_waits_ && dead_.empty() && room_.size() == 0 && lingering_.empty()) return;
  const double begin = ThreadSeconds();
  if (strangers_cpu_.Wait(clock_->Steady()) == absl::ZeroDuration()) MeetStrangers();
  const absl::Duration now = clock_->Steady();
  SweepStrangers(now);
  SweepLingerers(now);
  Bury();
  strangers_cpu_.Take(ThreadSeconds() - begin, clock_->Steady());
}

// Whoever has spoken is looked at before newcomers make him the oldest in the waiting room, and newcomers come in
// however many speak.
void Door::MeetStrangers() {
  for (int met = 0; met < kHandshakesATurn && !knocking_.empty();) {
    Connection* const connection = Find(knocking_.front());
    knocking_.pop_front();
    if (met_first_ > 0) --met_first_;
    if (connection == nullptr) continue;
    ++met;
    connection->queued = false;
    Meet(connection);
  }
  if (!backlog_waits_ || !accepting_ || met_first_ > 0) return;
  backlog_waits_ = false;
  for (Listener& listener : listeners_) Accept(&listener);
  met_first_ = knocking_.size();
}

void Door::Accept(Listener* listener) {
  // Who comes in must be looked at before those after him fill the room.
  const size_t most = std::min(kAcceptsATurn, std::max<size_t>(1, options_.max_strangers / 4));
  for (size_t i = 0; i < most && !NewcomersMustWait(); ++i) {
    if (!AcceptOne(listener)) return;
  }
  backlog_waits_ = true;
}

bool Door::NewcomersMustWait() const {
  const Connection* const oldest = room_.oldest();
  return room_.full() && oldest != nullptr && (oldest->queued || clock_->Steady() - oldest->since < kStay);
}

// False when there is nobody left to accept.
bool Door::AcceptOne(Listener* listener) {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  UniqueFd fd(accept4(listener->fd.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd.valid()) {
    Begin(std::move(fd), *listener, from);
    return true;
  }
  if (errno == EMFILE || errno == ENFILE) {
    // Somebody who waits makes room; without anybody, one peer is taken and closed, as else it would never be served.
    if (Connection* somebody = room_.first_to_go(); somebody != nullptr) {
      ++counters_.cut_off;
      Close(somebody, false);
      Bury();
      return true;
    }
    spare_.Reset();
    UniqueFd surplus(accept4(listener->fd.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const bool taken = surplus.valid(), none_left = !taken && errno == EAGAIN;
    surplus.Reset();
    spare_.Reset(OpenSpare());
    ++counters_.turned_away;
    backlog_waits_ |= !taken && !none_left;
    return taken;
  }
  if (errno == EINTR || errno == ECONNABORTED) return true;
  // Readiness is told once: what could not be accepted now is tried again in the next turn.
  backlog_waits_ |= errno != EAGAIN;
  return false;
}

void Door::Begin(UniqueFd fd, const Listener& listener, const sockaddr_storage& from) {
  const absl::Duration now = clock_->Steady();
  Connection::Origin origin;
  origin.kind = listener.is_unix     ? Connection::Kind::kUnix
                : options_.plaintext ? Connection::Kind::kClearTcp
                                     : Connection::Kind::kTls;
  origin.listener_fd = listener.fd.get();
  origin.network = SourceTable::NetworkOf(from);
  if (!sources_.MayKnock(origin.network, now)) {
    ++counters_.turned_away;
    return;
  }
  RemoteName name = RemoteNameOf(from);
  origin.address = std::move(name.text);
  origin.grpc_name = std::move(name.grpc);
  if (listener.is_unix) {
    origin.local_user = LocalUserOf(fd.get(), options_.local_group);
  } else {
    TuneTcp(fd.get());
  }
  while (Connection* surplus = room_.Surplus(origin.network, now)) {
    ++counters_.cut_off;
    Close(surplus, false);
  }
  ++counters_.accepted;
  const uint64_t id = next_id_++;
  const int net = fd.get();
  auto connection = std::make_unique<Connection>(id, std::move(fd), std::move(origin), now);
  room_.Add(connection.get());
  counters_.strangers = room_.size();
  connections_.emplace(id, std::move(connection));
  Watch(net, TagOf(id, kNetSide), kSocketEvents);
}

void Door::Meet(Connection* connection) {
  const Connection::Origin& origin = connection->origin();
  switch (connection->Prove(*tls_, *keyring_, random_, scratch_.get())) {
    case Connection::Progress::kWait:
      if (connection->key_fits()) room_.Seat(connection);
      return;
    case Connection::Progress::kGone:
      return Close(connection, false);
    case Connection::Progress::kRefused: {
      const auth::Rejection& rejection = connection->rejection();
      refusals_->Note(rejection.refusal, rejection.name, origin.address, "handshake", rejection.detail);
      sources_.OnFailure(origin.network, 1, clock_->Steady());
      return Close(connection, true);
    }
    case Connection::Progress::kProven:
      return LetIn(connection);
  }
}

// Its identity's share, and the hub's bound on connections, of which the last ones are kept for administrators.
bool Door::Enter(Connection* connection) {
  uint64_t cut = 0;
  const std::string address = connection->origin().address;
  auto visitor = reception_->Enter(connection->grpc_name, connection->peer(), address, connection->session(),
                                   connection->id, &cut);
  if (!visitor.ok() && cut != 0) {
    if (Connection* other = Find(cut); other != nullptr) {
      ++counters_.cut;
      Close(other, true);
    }
    visitor = reception_->Enter(connection->grpc_name, connection->peer(), address, connection->session(),
                                connection->id, &cut);
  }
  absl::Status refused = visitor.status();
  if (visitor.ok()) {
    connection->visitor = *std::move(visitor);
    const size_t kept = std::min<size_t>(16, max_connections_ / 8);
    const size_t limit = max_connections_ - (connection->visitor->administrator ? 0 : kept);
    if (counters_.open <= limit) return true;
    refused = absl::ResourceExhaustedError(absl::StrCat("the hub holds ", counters_.open.load(),
                                                        " connections, its limit; raise LimitNOFILE of its service"));
  }
  refusals_->Note(auth::Refusal::kOverloaded, connection->peer().name, address, "handshake", refused.message());
  connection->TurnAway(refused.message());
  return false;
}

void Door::LetIn(Connection* connection) {
  sources_.OnProven(connection->origin().network, clock_->Steady());
  // Everybody on this machine sees the names of abstract sockets, and may take one: the next must not be guessed.
  const std::string pair_name = absl::StrCat(pair_prefix_, connection->id, "-", random_->Uint64());
  UniqueFd for_grpc = connection->Open(pair_name, clock_, scratch_.get());
  if (!for_grpc.valid()) {
    refusals_->Note(auth::Refusal::kOverloaded, connection->peer().name, connection->origin().address, "handshake",
                    "no file descriptor is left; raise LimitNOFILE of the hub's service");
    return Close(connection, true);
  }
  room_.Remove(connection);
  counters_.strangers = room_.size();
  ++counters_.open;
  if (!Enter(connection)) return Close(connection, true);
  ++counters_.let_in;
  if (!connection->raw()) Watch(connection->pump()->pair(), TagOf(connection->id, kPairSide), kSocketEvents);
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = connection->origin().listener_fd;
  parameters.fd = for_grpc.Release();
  acceptor_->HandleNewConnection(&parameters);
  if (!connection->raw()) Carry(connection);
}

void Door::Carry(Connection* connection) {
  switch (connection->Carry(clock_->Steady())) {
    case TlsPump::Step::kWait:
      break;
    case TlsPump::Step::kMore:
      if (!std::exchange(connection->queued, true)) busy_.push_back(connection->id);
      break;
    case TlsPump::Step::kOver: {
      const absl::Status& reason = connection->pump()->reason();
      if (absl::IsInvalidArgument(reason) || absl::IsResourceExhausted(reason)) {
        ++counters_.cut;
        refusals_->Note(auth::Refusal::kMisbehaved, connection->peer().name, connection->origin().address, "connection",
                        reason.message());
        return Close(connection, false);
      }
      return Close(connection, true);
    }
  }
  if (connection->pump()->closing() && connection->closing_since == absl::InfiniteDuration()) {
    connection->closing_since = clock_->Steady();
  }
  if (connection->pump()->paused()) paused_.push_back(connection->id);
}

void Door::ResumePaused() {
  if (paused_.empty()) return;
  const absl::Duration now = clock_->Steady();
  std::vector<uint64_t> paused;
  paused.swap(paused_);
  std::sort(paused.begin(), paused.end());
  paused.erase(std::unique(paused.begin(), paused.end()), paused.end());
  for (const uint64_t id : paused) {
    Connection* const connection = Find(id);
    if (connection == nullptr) continue;
    if (connection->visitor->share->ByteWait(now) > absl::ZeroDuration()) {
      paused_.push_back(id);
      continue;
    }
    connection->pump()->SetPaused(false);
    Carry(connection);
  }
}

void Door::Sweep() {
  const absl::Duration now = clock_->Steady();
  SweepStrangers(now);
  SweepLingerers(now);
  RecheckSome();
  if (now - swept_ < kSweepOpenEvery) return;
  swept_ = now;
  counters_.penalised = sources_.penalised(now);
  SweepOpen(now);
}

void Door::SweepStrangers(absl::Duration now) {
  const auto cut_off = [&](Connection* connection) {
    ++counters_.cut_off;
    sources_.OnFailure(connection->origin().network, 0.5, now);
    Close(connection, false);
  };
  while (Connection* oldest = room_.oldest()) {
    const absl::Duration age = now - oldest->since;
    if (age < kHelloWithin || (oldest->handshaking() && age < kProveWithin)) break;
    cut_off(oldest);
  }
  while (Connection* oldest = room_.oldest_seated()) {
    if (now - oldest->since < kProveWithin) break;
    cut_off(oldest);
  }
}

void Door::SweepLingerers(absl::Duration now) {
  if (lingering_.empty() || (now - lingerers_seen_ < kLookAtLingerers && lingering_.size() <= max_lingering_)) return;
  lingerers_seen_ = now;
  char discarded[4096];
  for (Lingerer& lingerer : lingering_) {
    for (int i = 0; i < kLingerReads; ++i) {
      if (recv(lingerer.fd.get(), discarded, sizeof discarded, MSG_DONTWAIT) <= 0) break;
    }
  }
  while (!lingering_.empty() && (lingering_.front().until <= now || lingering_.size() > max_lingering_)) {
    lingering_.pop_front();
  }
}

// Some a turn, as to verify a certificate takes longer than to carry a message.
void Door::RecheckSome() {
  if (recheck_.exchange(false)) {
    to_recheck_.clear();
    for (const auto& [id, connection] : connections_) to_recheck_.push_back(id);
  }
  for (int i = 0; i < kRechecksATurn && !to_recheck_.empty(); ++i) {
    Connection* const connection = Find(to_recheck_.front());
    to_recheck_.pop_front();
    if (connection == nullptr || connection->visitor == nullptr) continue;
    const Visitor& visitor = *connection->visitor;
    const absl::Status standing = tls_->CheckStanding(visitor.peer);
    if (standing.ok()) continue;
    ++counters_.cut;
    refusals_->Note(visitor.peer.proof == auth::Proof::kCertificate ? auth::Refusal::kBadCertificate
                    : absl::IsPermissionDenied(standing)            ? auth::Refusal::kBanned
                                                                    : auth::Refusal::kUnknownKey,
                    visitor.peer.name, visitor.address, "connection", standing.message());
    Close(connection, true);
  }
}

void Door::SweepOpen(absl::Duration now) {
  for (auto& [id, connection] : connections_) {
    if (connection->visitor == nullptr || connection->dead) continue;
    Visitor& visitor = *connection->visitor;
    const absl::Duration idle = now - absl::Nanoseconds(visitor.last_call_ns.load());
    const bool stuck = now - connection->closing_since > kCloseWithin;
    if (!stuck && (visitor.open_calls > 0 || idle <= kIdleFor)) continue;
    ++counters_.cut;
    Close(connection.get(), true);
  }
}

// The object goes at the end of the turn: somebody up the stack may still hold it.
void Door::Close(Connection* connection, bool linger) {
  if (std::exchange(connection->dead, true)) return;
  if (connection->open()) {
    --counters_.open;
    if (connection->visitor != nullptr) reception_->Leave(connection->grpc_name);
  } else {
    room_.Remove(connection);
    counters_.strangers = room_.size();
  }
  if (connection->raw()) {
    // gRPC holds the connection too; this ends it for both.
    shutdown(connection->net(), SHUT_RDWR);
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, connection->net(), nullptr);
  }
  if (linger && !connection->raw() && lingering_.size() < max_lingering_) {
    UniqueFd net = connection->TakeNet();
    if (net.valid()) {
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, net.get(), nullptr);
      shutdown(net.get(), SHUT_WR);
      lingering_.push_back({std::move(net), clock_->Steady() + kLinger});
    }
  }
  dead_.push_back(connection->id);
}

void Door::Bury() {
  for (const uint64_t id : dead_) connections_.erase(id);
  dead_.clear();
}

Connection* Door::Find(uint64_t id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() || found->second->dead ? nullptr : found->second.get();
}

}  // namespace orch::hub

#include "services/hub/door/door.h"

#include <pthread.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/net/dial.h"
#include "base/status_macros.h"
#include "base/unique_fd.h"

namespace orch::hub {
namespace {

constexpr absl::Duration kSweepEvery = absl::Milliseconds(250);
constexpr absl::Duration kSweepOpenEvery = absl::Seconds(5);
constexpr double kLateWeight = 0.5;  // of a failure
constexpr size_t kKeptForAdministrators = 16;

Connection::Kind KindOf(const Listener& listener, bool plaintext) {
  if (listener.is_unix) return Connection::Kind::kUnix;
  return plaintext ? Connection::Kind::kClearTcp : Connection::Kind::kTls;
}

}  // namespace

Door::Door(Options options, const DescriptorPlan& plan, const auth::HubTls* tls, Reception* reception,
           Refusals* refusals, const Clock* clock, Random* random)
    : options_(std::move(options)),
      max_connections_(options_.max_connections == 0 ? plan.open_files : options_.max_connections),
      max_open_files_(plan.open_files),
      tls_(tls),
      reception_(reception),
      refusals_(refusals),
      clock_(clock),
      random_(random),
      // A random number, because the next hub may have the same process id.
      pair_prefix_(absl::StrCat("orch-door-", random->Uint64(), "-")),
      users_(
          clock, [group = options_.local_group](const ucred& who) { return LookUpLocalUser(who, group); },
          [this] { poller_.Wake(); }),
      mail_(std::make_shared<StreamMail>([this] { poller_.Wake(); })),
      room_(&sources_, plan.strangers, options_.max_strangers_per_source),
      standing_(&connections_, [tls](const auth::Peer& peer) { return tls->CheckStanding(peer); }),
      lingering_(plan.lingering) {}

absl::StatusOr<std::unique_ptr<Door>> Door::Listen(const std::vector<Address>& addresses, Options options,
                                                   const auth::HubTls* tls, Reception* reception, Refusals* refusals,
                                                   const Clock* clock, Random* random) {
  const DescriptorPlan plan = PlanDescriptors(DescriptorLimit(), options.max_strangers);
  options.max_strangers = plan.strangers;
  std::unique_ptr<Door> door(new Door(std::move(options), plan, tls, reception, refusals, clock, random));
  ORCH_RETURN_IF_ERROR(door->poller_.Open());
  ORCH_RETURN_IF_ERROR(door->acceptor_.Open(addresses, door->options_.local_group));
  const std::vector<Listener>& listeners = door->acceptor_.listeners();
  for (size_t i = 0; i < listeners.size(); ++i) {
    door->addresses_.push_back(listeners[i].bound);
    door->poller_.WatchListener(listeners[i].fd.get(), i);
  }
  return door;
}

Door::~Door() { Stop(); }

void Door::Serve(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> to_grpc, StreamService* streams) {
  to_grpc_ = std::move(to_grpc);
  streams_ = streams;
  thread_ = std::thread(&Door::Run, this);
}

void Door::StopAccepting() {
  accepting_ = false;
  poller_.Wake();
}

void Door::Stop() {
  stopping_ = true;
  StopAccepting();
  if (thread_.joinable()) thread_.join();
  connections_.ForEach([this](Connection* connection) {
    if (connection->visitor != nullptr) reception_->Leave(connection->grpc_name);
  });
  connections_.Clear();
  if (StreamService* const streams = std::exchange(streams_, nullptr); streams != nullptr)
    streams->OnTurnEnd(absl::InfiniteDuration());
  acceptor_.Remove();
}

void Door::Recheck() {
  standing_.Request();
  poller_.Wake();
}

void Door::Run() {
  pthread_setname_np(pthread_self(), "door");
  bool closed = false;
  absl::Duration last_words_until = absl::InfiniteDuration();
  while (true) {
    if (stopping_) {
      last_words_until = std::min(last_words_until, clock_->Steady() + kLastWords);
      if (clock_->Steady() >= last_words_until || !HasLastWords()) break;
    }
    TakeEvents(NextWake());
    if (!accepting_ && !std::exchange(closed, true)) acceptor_.Close();
    TakeMail();
    to_carry_.Turn(clock_->Steady(), [this](Connection* connection) { Carry(connection); });
    MeetLocalUsers();
    ReceiveStrangers();
    Sweep();
    connections_.Bury();
    if (streams_ != nullptr) streams_->OnTurnEnd(clock_->Steady());
  }
}

absl::Duration Door::NextWake() const {
  const absl::Duration carry = to_carry_.Wait();
  if (carry == absl::ZeroDuration() || standing_.pending() || next_letter_ < letters_.size()) {
    return absl::ZeroDuration();
  }
  absl::Duration wait = std::min(stopping_ ? absl::Milliseconds(5) : kSweepEvery, carry);
  if (!strangers_.nobody_waits() || (strangers_.newcomers_wait() && accepting_)) {
    const absl::Duration now = clock_->Steady();
    wait = std::min(wait, WaitForStrangers(now));
    if (strangers_.nobody_waits() && strangers_.NewcomersMustStayOut(now)) wait = std::max(wait, absl::Milliseconds(1));
  }
  return wait;
}

// The processor time that events take counts against the strangers in proportion to the events that they caused.
void Door::TakeEvents(absl::Duration wait) {
  strangers_share_.Begin();
  const std::vector<Poller::Event>& events = poller_.Wait(wait);
  int of_strangers = 0;
  for (const Poller::Event& event : events) {
    if (OnEvent(event)) ++of_strangers;
  }
  if (of_strangers == 0) return;
  strangers_share_.End(static_cast<double>(of_strangers) / static_cast<double>(events.size()), clock_->Steady());
}

bool Door::OnEvent(const Poller::Event& event) {
  if (event.side == Poller::Side::kListener) {
    strangers_.OnNewcomers();
    return true;
  }
  Connection* const connection = connections_.Find(event.number);
  if (connection == nullptr) return false;
  if (event.side == Poller::Side::kPair) {
    if (connection->pair() == nullptr) return false;
    connection->pair()->OnReady(event.readable, event.writable, event.hang_up);
  } else {
    connection->OnNet(event.readable, event.writable, event.hang_up);
  }
  if (connection->raw()) {
    if (event.hang_up) Close(connection, false);  // the data is gRPC's
    return false;
  }
  if (connection->open()) {
    Carry(connection);
    return false;
  }
  if (event.readable || event.hang_up) strangers_.OnSpoke(connection);
  return true;
}

// The processor time for strangers, including the time to close their connections, is measured and held to their share,
// so that a flood of strangers takes nothing from open connections. The handshakes of peers have a share of their own.
void Door::ReceiveStrangers() {
  const bool nobody = strangers_.nobody_waits() && !strangers_.newcomers_wait() && room_.size() == 0;
  if (nobody && !connections_.has_retired() && lingering_.empty()) return;
  strangers_share_.Begin();
  if (WaitForStrangers(clock_->Steady()) == absl::ZeroDuration()) {
    for (int met = 0; met < kHandshakesATurn; ++met) {
      Connection* const connection = strangers_.Next();
      if (connection == nullptr) break;
      MeetAndCharge(connection);
    }
    strangers_.BeginTurn();
    while (Connection* const connection = strangers_.NextToSign()) MeetAndCharge(connection);
    AcceptNewcomers();
  }
  const absl::Duration now = clock_->Steady();
  CutOffLateStrangers(now);
  lingering_.Sweep(now);
  connections_.Bury();
  strangers_share_.End(1, clock_->Steady());
}

absl::Duration Door::WaitForStrangers(absl::Duration now) const {
  return std::max(strangers_share_.Wait(now), new_peers_share_.Wait(now));
}

void Door::MeetAndCharge(Connection* connection) {
  const double begin = ProcessorShare::ThreadSeconds();
  Meet(connection);
  if (!connection->is_of_peer()) return;
  const double spent = ProcessorShare::ThreadSeconds() - begin;
  strangers_share_.Spare(spent);
  new_peers_share_.Charge(spent, clock_->Steady());
}

void Door::AcceptNewcomers() {
  if (!accepting_ || !strangers_.BeginNewcomers()) return;
  for (const Listener& listener : acceptor_.listeners()) AcceptFrom(listener);
  strangers_.EndNewcomers();
}

void Door::AcceptFrom(const Listener& listener) {
  // Only part of the room is filled at once: newcomers must be met before the next ones push them out.
  const size_t most = std::min(kAcceptsATurn, std::max<size_t>(1, options_.max_strangers / 4));
  for (size_t i = 0; i < most && !strangers_.NewcomersMustStayOut(clock_->Steady()); ++i) {
    if (!AcceptOne(listener)) return;
  }
  strangers_.OnNewcomers();
}

bool Door::AcceptOne(const Listener& listener) {
  Acceptor::Newcomer newcomer;
  Acceptor::Outcome outcome = acceptor_.Accept(listener, &newcomer);
  if (outcome == Acceptor::Outcome::kNoDescriptor) {
    // Somebody who waits makes room; only when nobody waits is the newcomer turned away.
    if (Connection* somebody = room_.first_to_go(); somebody != nullptr) {
      CutOff(somebody);
      connections_.Bury();
      return true;
    }
    outcome = acceptor_.TurnAwayOne(listener);
    ++counters_.turned_away;
  }
  if (outcome == Acceptor::Outcome::kAccepted) Begin(std::move(newcomer), listener);
  if (outcome == Acceptor::Outcome::kNotNow) strangers_.OnNewcomers();
  return outcome == Acceptor::Outcome::kAccepted || outcome == Acceptor::Outcome::kLost;
}

void Door::Begin(Acceptor::Newcomer newcomer, const Listener& listener) {
  const absl::Duration now = clock_->Steady();
  Connection::Origin origin;
  origin.kind = KindOf(listener, options_.plaintext);
  origin.listener_fd = listener.fd.get();
  origin.network = SourceTable::NetworkOf(newcomer.from);
  if (!sources_.MayKnock(origin.network, now)) {
    ++counters_.turned_away;
    return;
  }
  RemoteName name = RemoteNameOf(newcomer.from);
  origin.address = std::move(name.text);
  origin.grpc_name = std::move(name.grpc);
  if (!listener.is_unix) TuneTcp(newcomer.fd.get());
  while (Connection* surplus = room_.Surplus(origin.network, now)) CutOff(surplus);
  ++counters_.accepted;
  strangers_.OnCame();
  Connection* const connection = connections_.Add(std::move(newcomer.fd), std::move(origin), now);
  room_.Add(connection);
  counters_.strangers = room_.size();
  poller_.WatchSocket(connection->net(), Poller::Side::kNet, connection->id, Poller::Interest::kAll);
  if (!listener.is_unix || users_.Ask(connection->id, connection->net())) return;
  refusals_->Note(auth::Refusal::kOverloaded, "", connection->origin().address, "handshake",
                  "too many local users wait to be looked up; try again");
  CutOff(connection);
}

void Door::MeetLocalUsers() {
  for (LocalUsers::Answer& answer : users_.Take()) {
    Connection* const connection = connections_.Find(answer.connection);
    if (connection == nullptr || connection->open()) continue;
    connection->SetLocalUser(std::move(answer.user));
    strangers_.OnSpoke(connection);
  }
}

void Door::Meet(Connection* connection) {
  const Connection::Origin& origin = connection->origin();
  switch (connection->Prove(*tls_, heard_, random_, scratch_.get())) {
    case Connection::Progress::kWait:
      if (connection->key_fits()) {
        room_.Seat(connection);
        heard_.Add(connection->hello_mark());
      } else if (connection->handshaking()) {
        room_.AwaitAnswer(connection);
      }
      return;
    case Connection::Progress::kMustSign:
      return strangers_.OnMustSign(connection);
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

void Door::LetIn(Connection* connection) {
  // Everybody may have the key for logging in, so it speaks for no network.
  if (!connection->peer().login) sources_.OnProven(connection->origin().network, clock_->Steady());
  // Every user of this machine sees the names of abstract sockets and may take one, so the next name must not be
  // guessable.
  const std::string pair_name = absl::StrCat(pair_prefix_, connection->id, "-", random_->Uint64());
  UniqueFd for_grpc;
  if (streams_ != nullptr && connection->peer().node) {
    connection->OpenForStreams(pair_name, streams_, mail_, clock_, scratch_.get());
  } else {
    for_grpc = connection->OpenForGrpc(pair_name, clock_, scratch_.get());
    if (!for_grpc.valid()) {
      NoteNoDescriptor(connection);
      return Close(connection, true);
    }
  }
  LeaveRoom(connection);
  ++counters_.open;
  open_files_ += connection->files();
  if (!Enter(connection)) return Close(connection, true);
  ++counters_.let_in;
  if (for_grpc.valid()) GiveToGrpc(connection, std::move(for_grpc));
  if (!connection->raw()) Carry(connection);
}

void Door::GiveToGrpc(Connection* connection, UniqueFd fd) {
  if (connection->raw()) {
    poller_.ChangeInterest(connection->net(), Poller::Side::kNet, connection->id, Poller::Interest::kEnd);
  } else {
    poller_.WatchSocket(connection->pair()->fd(), Poller::Side::kPair, connection->id, Poller::Interest::kIncoming);
  }
  grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters parameters;
  parameters.listener_fd = connection->origin().listener_fd;
  parameters.fd = fd.Release();
  to_grpc_->HandleNewConnection(&parameters);
}

void Door::NoteNoDescriptor(Connection* connection) {
  refusals_->Note(auth::Refusal::kOverloaded, connection->peer().name, connection->origin().address, "handshake",
                  "no file descriptor is left; raise LimitNOFILE of the hub's service");
}

// Gives the connection its place in the share of its identity and in the hub's bound on connections, the last of which
// are kept for administrators.
bool Door::Enter(Connection* connection) {
  absl::StatusOr<std::shared_ptr<Visitor>> visitor = TakePlace(connection);
  absl::Status refused = visitor.status();
  if (visitor.ok()) {
    connection->SetVisitor(*std::move(visitor));
    refused = CheckRoom(connection->visitor->administrator);
    if (refused.ok()) return true;
  }
  refusals_->Note(auth::Refusal::kOverloaded, connection->peer().name, connection->origin().address, "handshake",
                  refused.message());
  connection->TurnAway(refused.message());
  return false;
}

absl::Status Door::CheckRoom(bool administrator) const {
  const auto limit = [administrator](size_t most, size_t kept) {
    return most - (administrator ? 0 : std::min(kept, most / 8));
  };
  if (counters_.open > limit(max_connections_, kKeptForAdministrators)) {
    return absl::ResourceExhaustedError(absl::StrCat("the hub holds ", counters_.open.load(),
                                                     " connections, its limit; raise limits.nodes or limits.clients"));
  }
  if (open_files_ > limit(max_open_files_, kKeptForAdministrators * kMostFilesAConnection)) {
    return absl::ResourceExhaustedError(absl::StrCat("the hub has ", counters_.open.load(),
                                                     " connections, all that its file descriptors allow; raise "
                                                     "LimitNOFILE of its service"));
  }
  return absl::OkStatus();
}

// When the share of the identity is full, the connection that the reception names is closed.
absl::StatusOr<std::shared_ptr<Visitor>> Door::TakePlace(Connection* connection) {
  uint64_t cut = 0;
  const auto enter = [&] {
    return reception_->Enter(connection->grpc_name, connection->peer(), connection->origin().address,
                             connection->session(), connection->id, &cut);
  };
  auto visitor = enter();
  if (visitor.ok() || cut == 0) return visitor;
  if (Connection* other = connections_.Find(cut); other != nullptr) {
    ++counters_.cut;
    Close(other, true);
  }
  return enter();
}

void Door::Carry(Connection* connection) {
  switch (connection->Carry(clock_->Steady())) {
    case TlsPump::Step::kWait:
      break;
    case TlsPump::Step::kMore:
      to_carry_.AddBusy(connection);
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
  if (connection->streams() != nullptr && connection->streams()->for_grpc()) {
    open_files_ -= connection->files();
    UniqueFd for_grpc = connection->HandToGrpc();
    open_files_ += connection->files();
    if (!for_grpc.valid()) {
      NoteNoDescriptor(connection);
      return Close(connection, true);
    }
    GiveToGrpc(connection, std::move(for_grpc));
    to_carry_.AddBusy(connection);
  }
  if (connection->pair() != nullptr) AwaitRoom(connection);
  if (connection->pump()->closing() && connection->closing_since == absl::InfiniteDuration()) {
    connection->closing_since = clock_->Steady();
  }
  if (connection->pump()->paused()) to_carry_.AddPaused(connection);
}

void Door::TakeMail() {
  if (streams_ == nullptr) return;
  if (next_letter_ == letters_.size()) {
    letters_.clear();
    next_letter_ = 0;
    mail_->TakeAll(&letters_);
  }
  const size_t end = std::min(letters_.size(), next_letter_ + kLettersATurn);
  while (next_letter_ < end) Deliver(std::move(letters_[next_letter_++]));
}

void Door::Deliver(StreamMail::Letter letter) {
  Connection* const connection = connections_.Find(letter.connection);
  if (connection == nullptr || connection->streams() == nullptr) return;
  if (letter.kind == StreamMail::Letter::Kind::kCutOff) {
    ++counters_.cut;
    return Close(connection, false);
  }
  connection->streams()->OnLetter(std::move(letter));
  // Letters for one stream that follow each other go in one packet.
  const bool same_follows = next_letter_ < letters_.size() && letters_[next_letter_].connection == connection->id;
  if (!same_follows) Carry(connection);
}

bool Door::HasLastWords() {
  TakeMail();
  if (next_letter_ < letters_.size()) return true;
  bool any = false;
  connections_.ForEach([&any](Connection* connection) {
    any = any || (connection->streams() != nullptr && connection->streams()->finishing());
  });
  return any;
}

// A socket pair tells of room each time the other side reads, so that is asked for only while bytes wait for it.
void Door::AwaitRoom(Connection* connection) {
  const bool awaits = connection->pair()->AwaitsWrite();
  if (std::exchange(connection->awaits_room, awaits) == awaits) return;
  poller_.ChangeInterest(connection->pair()->fd(), Poller::Side::kPair, connection->id,
                         awaits ? Poller::Interest::kAll : Poller::Interest::kIncoming);
}

void Door::Close(Connection* connection, bool linger) {
  if (!connections_.Retire(connection)) return;
  if (connection->open()) {
    --counters_.open;
    open_files_ -= connection->files();
    if (connection->visitor != nullptr) reception_->Leave(connection->grpc_name);
  } else {
    LeaveRoom(connection);
  }
  if (connection->raw()) {
    // gRPC holds the connection too; this ends it for both.
    shutdown(connection->net(), SHUT_RDWR);
    poller_.Forget(connection->net());
    return;
  }
  if (!linger || lingering_.full()) return;
  UniqueFd net = connection->TakeNet();
  if (!net.valid()) return;
  poller_.Forget(net.get());
  lingering_.Add(std::move(net), clock_->Steady());
}

void Door::LeaveRoom(Connection* connection) {
  strangers_.OnGone(connection);
  room_.Remove(connection);
  counters_.strangers = room_.size();
}

void Door::Sweep() {
  const absl::Duration now = clock_->Steady();
  CutOffLateStrangers(now);
  lingering_.Sweep(now);
  standing_.Turn([this](Connection* connection, auth::Refusal refusal, const absl::Status& standing) {
    const Visitor& visitor = *connection->visitor;
    ++counters_.cut;
    refusals_->Note(refusal, visitor.peer.name, visitor.address, "connection", standing.message());
    Close(connection, true);
  });
  if (now - swept_ < kSweepOpenEvery) return;
  swept_ = now;
  counters_.penalised = sources_.penalised(now);
  standing_.RequestEnded(absl::ToUnixMicros(clock_->Now()));
  CutIdle(now);
}

void Door::CutOffLateStrangers(absl::Duration now) {
  while (Connection* late = room_.Overdue(now)) {
    // Who waited for the hub was not late.
    if (!late->queued && !late->awaits_signature) sources_.OnFailure(late->origin().network, kLateWeight, now);
    CutOff(late);
  }
}

void Door::CutOff(Connection* stranger) {
  ++counters_.cut_off;
  Close(stranger, false);
}

void Door::CutIdle(absl::Duration now) {
  connections_.ForEach([&](Connection* connection) {
    if (connection->visitor == nullptr) return;
    const Visitor& visitor = *connection->visitor;
    const absl::Duration idle = now - absl::Nanoseconds(visitor.last_call_ns.load());
    const bool asked_before = connection->asked();
    const bool stuck = now - connection->closing_since > kCloseWithin || !connection->IsAlive(now);
    if (connection->asked() && !asked_before) to_carry_.AddBusy(connection);
    if (!stuck && (visitor.open_calls > 0 || idle <= kIdleFor)) return;
    ++counters_.cut;
    Close(connection, true);
  });
}

}  // namespace orch::hub

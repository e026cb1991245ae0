#include "services/hub/door/connection.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth/hub_prologue.h"
#include "base/net/refusal_frames.h"

namespace orch::hub {
namespace {

constexpr size_t kSessionBytes = 32;
constexpr char kAbstractPrefix[] = "unix-abstract:";

// Gives the socket an abstract name, which gRPC reports as the peer of every call.
bool NameSocket(int fd, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() + 1 > sizeof address.sun_path) return false;
  std::memcpy(address.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  return bind(fd, reinterpret_cast<const sockaddr*>(&address), size) == 0;
}

}  // namespace

Connection::Connection(uint64_t id, UniqueFd net, Origin origin, absl::Duration now)
    : id(id), since(now), origin_(std::move(origin)), net_(std::move(net)) {}

void Connection::OnNet(bool readable, bool writable, bool hang_up) {
  readable_ |= readable || hang_up;
  hung_up_ |= hang_up;
  if (pump_ != nullptr) pump_->OnNet(readable, writable, hang_up);
}

Connection::Progress Connection::Refuse(auth::Rejection rejection) {
  rejection_ = std::move(rejection);
  refused_ = true;
  return Progress::kRefused;
}

Connection::Progress Connection::Prove(const auth::HubTls& tls, const HelloMemory& heard, Random* random,
                                       TlsPump::Scratch* scratch) {
  return origin_.kind == Kind::kTls ? ProveByTls(tls, heard, scratch) : ProveInClear(tls, random);
}

// The ClientHello stays in the kernel until it is complete and names a known key, so that a stranger costs no memory
// here.
std::optional<Connection::Progress> Connection::Look(const auth::HubTls& tls, const HelloMemory& heard,
                                                     TlsPump::Scratch* scratch) {
  if (!readable_) return Progress::kWait;
  const ssize_t seen = recv(net_.get(), scratch->plain, auth::kMaxClientHelloBytes, MSG_PEEK);
  if (seen < 0 && (errno == EAGAIN || errno == EINTR)) {
    readable_ = false;
    return Progress::kWait;
  }
  if (seen <= 0) return Progress::kGone;
  const auth::ClientHello hello = auth::ClassifyClientHello({scratch->plain, static_cast<size_t>(seen)});
  if (hello.kind == auth::ClientHello::Kind::kIncomplete) {
    if (hung_up_) return Progress::kGone;
    readable_ = false;
    return Progress::kWait;
  }
  auth::Rejection rejection;
  if (!tls.Judge(hello, &rejection)) {
    const char alert[] = {21, 3, 3, 0, 2, 2, static_cast<char>(rejection.alert)};  // a fatal one
    if (rejection.alert != 0) (void)!send(net_.get(), alert, sizeof alert, MSG_NOSIGNAL);
    return Refuse(std::move(rejection));
  }
  if (hello.kind == auth::ClientHello::Kind::kCertificate) {
    if (hung_up_) return Progress::kGone;
    if (!std::exchange(must_sign_, true)) return Progress::kMustSign;
  } else if (heard.Contains(hello.mark)) {
    return Refuse({auth::Refusal::kReplay, 0, "", "its first words are those of an earlier connection"});
  }
  hello_mark_ = hello.mark;
  SslPtr ssl = tls.Begin(&handshake_);
  if (ssl == nullptr) return Progress::kGone;
  pump_ = std::make_unique<TlsPump>(std::move(net_), std::move(ssl), scratch);
  pump_->OnNet(true, true, hung_up_);
  return std::nullopt;
}

Connection::Progress Connection::ProveByTls(const auth::HubTls& tls, const HelloMemory& heard,
                                            TlsPump::Scratch* scratch) {
  if (pump_ == nullptr) {
    if (const std::optional<Progress> looked = Look(tls, heard, scratch); looked.has_value()) return *looked;
  }
  switch (pump_->Shake()) {
    case TlsPump::Handshake::kWait:
      return Progress::kWait;
    case TlsPump::Handshake::kFailed:
      return Refuse(auth::HubTls::ExplainFailure(pump_->error(), handshake_));
    case TlsPump::Handshake::kDone:
      break;
  }
  auth::Rejection rejection;
  if (!tls.Finish(pump_->ssl(), handshake_, &peer_, &rejection)) {
    Refuse(std::move(rejection));
    TurnAway(auth::RefusalStatus(rejection_.refusal, rejection_.name, rejection_.detail).message());
    return Progress::kRefused;
  }
  return Progress::kProven;
}

void Connection::SendLine(std::string line, bool more_follows) {
  if (line.empty()) return;
  line += '\n';
  // A few hundred bytes fit into the buffer of a new connection. A peer for which they do not fit loses them.
  (void)!send(net_.get(), line.data(), line.size(), MSG_NOSIGNAL | (more_follows ? MSG_MORE : 0));
}

// Takes complete lines and not a byte more, because the bytes that follow belong to gRPC.
Connection::Progress Connection::ProveInClear(const auth::HubTls& tls, Random* random) {
  const bool is_local = origin_.kind == Kind::kUnix;
  if (is_local && !local_user_.has_value()) return Progress::kWait;
  if (prologue_ == nullptr) {
    session_ = absl::BytesToHexString(random->Bytes(kSessionBytes));
    prologue_ =
        std::make_unique<auth::HubPrologue>(&tls, is_local, is_local ? local_user_->name : "", session_, random);
  }
  while (readable_) {
    char bytes[auth::kMaxPrologueLine + 1];
    const ssize_t seen = recv(net_.get(), bytes, sizeof bytes, MSG_PEEK);
    if (seen < 0 && (errno == EAGAIN || errno == EINTR)) break;
    if (seen <= 0) return prologue_->OnHangUp() ? Refuse(prologue_->rejection()) : Progress::kGone;
    const absl::string_view text(bytes, static_cast<size_t>(seen));
    const size_t end = text.find('\n');
    if (end == absl::string_view::npos) {
      if (text.size() == sizeof bytes || hung_up_) {
        return Refuse({auth::Refusal::kMalformed, 0, "", "no line of an orch peer"});
      }
      break;
    }
    std::string answer;
    const auth::HubPrologue::State state = prologue_->OnLine(text.substr(0, end), &answer);
    (void)!recv(net_.get(), bytes, end + 1, 0);
    if (state != auth::HubPrologue::State::kProven) {
      SendLine(std::move(answer));
      if (state == auth::HubPrologue::State::kRefused) return Refuse(prologue_->rejection());
      continue;
    }
    last_line_ = std::move(answer);
    peer_ = prologue_->peer();
    if (peer_.proof == auth::Proof::kUser) peer_.unix_groups = local_user_->groups;
    prologue_.reset();
    return Progress::kProven;
  }
  readable_ = false;
  return Progress::kWait;
}

UniqueFd Connection::MakePair(std::unique_ptr<PairSide>* ours) const {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) != 0) return UniqueFd();
  *ours = std::make_unique<PairSide>(UniqueFd(ends[0]));
  UniqueFd for_grpc(ends[1]);
  return NameSocket(ends[0], pair_name_) ? std::move(for_grpc) : UniqueFd();
}

void Connection::Join(std::unique_ptr<InnerSide> inner, const Clock* clock, TlsPump::Scratch* scratch) {
  if (pump_ == nullptr) {  // in clear: carried as it is
    pump_ = std::make_unique<TlsPump>(std::move(net_), nullptr, scratch);
    pump_->OnNet(true, true, hung_up_);
  }
  pump_->Join(
      std::move(inner), [this, clock](absl::string_view bytes) { return Inspect(bytes, clock->Steady()); },
      [this](absl::string_view bytes) { return FollowAnswers(bytes); });
  heard_ = clock->Steady();
  open_ = true;
}

UniqueFd Connection::OpenForGrpc(const std::string& pair_name, const Clock* clock, TlsPump::Scratch* scratch) {
  if (pump_ == nullptr) SendLine(std::move(last_line_));
  UniqueFd for_grpc;
  if (origin_.kind == Kind::kClearTcp) {
    // gRPC gets the connection itself. The door keeps a duplicate, which sees the end of the connection and can cut it.
    for_grpc = UniqueFd(fcntl(net_.get(), F_DUPFD_CLOEXEC, 0));
    open_ = for_grpc.valid();
    grpc_name = origin_.grpc_name;
    return for_grpc;
  }
  pair_name_ = pair_name;
  grpc_name = absl::StrCat(kAbstractPrefix, pair_name);
  std::unique_ptr<PairSide> ours;
  for_grpc = MakePair(&ours);
  if (!for_grpc.valid()) return for_grpc;
  pair_ = ours.get();
  Join(std::move(ours), clock, scratch);
  return for_grpc;
}

void Connection::OpenForStreams(const std::string& pair_name, StreamService* service, std::shared_ptr<StreamMail> mail,
                                const Clock* clock, TlsPump::Scratch* scratch) {
  pair_name_ = pair_name;
  grpc_name = absl::StrCat(kAbstractPrefix, pair_name);
  if (pump_ == nullptr) SendLine(std::move(last_line_), true);
  auto side = std::make_unique<StreamSide>(id, service, std::move(mail));
  streams_ = side.get();
  Join(std::move(side), clock, scratch);
}

UniqueFd Connection::HandToGrpc() {
  std::unique_ptr<PairSide> ours;
  UniqueFd for_grpc = MakePair(&ours);
  if (!for_grpc.valid()) return for_grpc;
  pair_ = ours.get();
  (void)pair_->Put(std::exchange(streams_, nullptr)->TakeHeard());  // a new socket pair has room for it
  pump_->Exchange(std::move(ours));
  return for_grpc;
}

void Connection::SetVisitor(std::shared_ptr<Visitor> proved) {
  visitor = std::move(proved);
  if (streams_ != nullptr) streams_->SetVisitor(visitor);
}

bool Connection::MayRead(absl::Duration now) const {
  return visitor->share->ByteWait(now) == absl::ZeroDuration() && (streams_ == nullptr || !streams_->full());
}

bool Connection::IsAlive(absl::Duration now) {
  if (streams_ == nullptr || now - heard_ < kAskAfter) return true;
  if (!asked()) {
    asked_ = now;
    streams_->Ping();
  }
  return now - asked_ < kAnswerWithin;
}

absl::Status Connection::Inspect(absl::string_view bytes, absl::Duration now) {
  heard_ = now;
  asked_ = absl::InfiniteDuration();
  Share& share = *visitor->share;
  const size_t before = guard_.held();
  const absl::StatusOr<size_t> cost = guard_.Weigh(bytes, now);
  const bool fits = share.Hold(before, guard_.held());
  if (!cost.ok()) return cost.status();
  if (!fits) return absl::ResourceExhaustedError("messages begun and not ended fill this identity's share of memory");
  Pay(*cost, now);
  return absl::OkStatus();
}

absl::Status Connection::FollowAnswers(absl::string_view bytes) {
  const size_t before = guard_.held();
  absl::string_view payload;
  while (!bytes.empty()) {
    const bool begins = from_grpc_.Next(&bytes, &payload) == FrameReader::Part::kHeader;
    if (begins && from_grpc_.header().type == kRstStreamFrame) guard_.EndStream(from_grpc_.header().stream);
  }
  visitor->share->Hold(before, guard_.held());
  return absl::OkStatus();
}

Connection::~Connection() {
  if (visitor != nullptr) visitor->share->Hold(guard_.held(), 0);
}

void Connection::TurnAway(absl::string_view why) {
  const std::string frames = MakeRefusal(why);
  if (pump_ != nullptr && pump_->ssl() != nullptr) {
    pump_->SendLast(frames);
  } else {
    (void)!send(net(), frames.data(), frames.size(), MSG_NOSIGNAL);
  }
}

TlsPump::Step Connection::Carry(absl::Duration now) {
  const TlsPump::Step step = pump_->Carry();
  Pay(pump_->TakeRecords() * kRecordCost, now);
  if (streams_ != nullptr && streams_->full()) pump_->SetPaused(true);
  return step;
}

void Connection::Pay(size_t cost, absl::Duration now) {
  Share& share = *visitor->share;
  share.PayBytes(static_cast<double>(cost), now);
  if (share.ByteWait(now) > absl::ZeroDuration()) pump_->SetPaused(true);
}

UniqueFd Connection::TakeNet() { return pump_ != nullptr ? pump_->TakeNet() : std::move(net_); }

}  // namespace orch::hub

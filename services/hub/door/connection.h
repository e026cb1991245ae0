// One connection at the door, from its first byte to its end: looks at the first words, proves the peer, carries the
// bytes of an open connection. Owned by the ConnectionTable; the door's thread only. Has no thread and no poll of its
// own: the door tells it which socket became ready.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "auth/clear_prologue.h"
#include "auth/hub_prologue.h"
#include "auth/hub_tls.h"
#include "base/clock.h"
#include "base/net/frame_guard.h"
#include "base/net/pair_side.h"
#include "base/net/tls_pump.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "services/hub/door/hello_memory.h"
#include "services/hub/door/local_users.h"
#include "services/hub/door/stream_side.h"
#include "services/hub/door/visitor.h"

namespace orch::hub {

class Connection {
 public:
  static constexpr size_t kRecordCost = 64;  // of a TLS record, in addition to its bytes and in the same unit
  // The peer of a stream is asked for a sign of life after this silence, which is longer than the period of heartbeats,
  // and given up after so much more.
  static constexpr absl::Duration kAskAfter = absl::Seconds(45);
  static constexpr absl::Duration kAnswerWithin = absl::Seconds(10);

  enum class Kind { kTls, kClearTcp, kUnix };
  struct Origin {
    Kind kind = Kind::kTls;
    int listener_fd = -1;
    std::string address;    // for people
    std::string grpc_name;  // of kClearTcp: the name that gRPC will have for it
    std::string network;    // SourceTable::NetworkOf
  };

  Connection(uint64_t id, UniqueFd net, Origin origin, absl::Duration now);
  ~Connection();

  enum class Progress {
    kWait,      // more bytes are needed
    kMustSign,  // the peer names no key, so the hub has to sign before it learns anything; said once
    kProven,    // `peer` is the peer that was proved
    kRefused,   // `rejection` says why; the peer was told where the protocol allows it
    kGone,      // the peer hung up before it made a mistake
  };
  // Continues the proof of the peer as far as the received bytes allow. `heard`: first words that count only once.
  Progress Prove(const auth::HubTls& tls, const HelloMemory& heard, Random* random, TlsPump::Scratch* scratch);
  // Who is at the other end of a unix socket; until it is told, the connection waits.
  void SetLocalUser(LocalUser user) { local_user_ = std::move(user); }
  auth::Peer& peer() { return peer_; }
  const auth::Rejection& rejection() const { return rejection_; }

  // After kProven, one of the two. `pair_name`: that of the socket pair, which nobody can guess.
  //
  // Makes the socket pair, if this kind of connection has one, and returns the descriptor for gRPC. It is invalid when
  // no file descriptor is left.
  UniqueFd OpenForGrpc(const std::string& pair_name, const Clock* clock, TlsPump::Scratch* scratch);
  // The peer's first call decides who serves the connection (stream_side.h).
  void OpenForStreams(const std::string& pair_name, StreamService* service, std::shared_ptr<StreamMail> mail,
                      const Clock* clock, TlsPump::Scratch* scratch);
  // After OpenForStreams, when the connection is gRPC's: as OpenForGrpc.
  UniqueFd HandToGrpc();
  // The proved peer's place in the hub.
  void SetVisitor(std::shared_ptr<Visitor> visitor);
  // Tells a proved peer why it is turned away nevertheless.
  void TurnAway(absl::string_view why);

  // Carries the bytes of an open connection. Reading stops while the identity owes for what it has sent.
  TlsPump::Step Carry(absl::Duration now);
  // Whether the peer may be read from: its identity owes nothing, and what it has sent was handled.
  bool MayRead(absl::Duration now) const;
  // Reads from the peer again after a pause.
  void Resume() {
    if (pump_ != nullptr) pump_->SetPaused(false);
  }
  // For peers whose host is gone, when streams are served here. False when the peer has said nothing for too long; it
  // is asked for a sign of life before.
  bool IsAlive(absl::Duration now);
  // Whether it was asked, and has said nothing since.
  bool asked() const { return asked_ != absl::InfiniteDuration(); }
  // Whether gRPC has the connection itself, so that there is nothing to carry.
  bool raw() const { return open_ && pump_ == nullptr; }

  // Gives the socket to the peer away, for a lingering close.
  UniqueFd TakeNet();

  const uint64_t id;
  const absl::Duration since;  // when it was accepted
  std::shared_ptr<Visitor> visitor;
  std::string grpc_name;                   // empty until it is open
  std::list<Connection*>::iterator place;  // its place in the waiting room
  bool seated = false;                     // it has a seat in the waiting room
  bool answering = false;                  // the hub has signed for it, and its answer is missing
  bool queued = false;                     // it waits for its next turn
  bool awaits_signature = false;           // it waits for its turn among those for whom the hub signs
  std::list<Connection*>::iterator turn;   // among them
  bool dead = false;
  absl::Duration closing_since = absl::InfiniteDuration();
  bool awaits_room = false;  // whether the poller tells when the socket pair has room
  TlsPump* pump() { return pump_.get(); }
  PairSide* pair() { return pair_; }          // null: gRPC has no end of a socket pair
  StreamSide* streams() { return streams_; }  // null: no streams are served here
  // The session that calls over a clear TCP connection must carry; empty for other connections.
  std::string session() const { return origin_.kind == Kind::kClearTcp ? session_ : std::string(); }
  const Origin& origin() const { return origin_; }
  bool open() const { return open_; }
  // How many descriptors an open connection takes, with those that gRPC has.
  size_t files() const { return raw() ? 2 : pair_ != nullptr ? 3 : 1; }
  bool handshaking() const { return pump_ != nullptr && !open_; }
  // Whether its first words were made with a key that the hub knows, so that only its answer is missing.
  bool key_fits() const { return handshaking() && handshake_.found && !refused_; }
  // Whether it has shown a key or a certificate that not everybody may have.
  bool is_of_peer() const {
    return open_ ? !peer_.login : key_fits() && handshake_.identity.kind != auth::PeerKind::kLogin;
  }
  uint64_t hello_mark() const { return hello_mark_; }
  int net() const { return pump_ != nullptr ? pump_->net() : net_.get(); }
  // The readiness of the socket, as epoll reports it.
  void OnNet(bool readable, bool writable, bool hang_up);
  bool hung_up() const { return hung_up_; }

 private:
  Progress ProveByTls(const auth::HubTls& tls, const HelloMemory& heard, TlsPump::Scratch* scratch);
  Progress ProveInClear(const auth::HubTls& tls, Random* random);
  // Looks at the first words. Empty when a handshake may begin.
  std::optional<Progress> Look(const auth::HubTls& tls, const HelloMemory& heard, TlsPump::Scratch* scratch);
  Progress Refuse(auth::Rejection rejection);
  // Weighs what the peer of an open connection sends, before gRPC gets it.
  absl::Status Inspect(absl::string_view bytes, absl::Duration now);
  // Looks at what gRPC sends to the peer: the bytes of a call that gRPC has reset are no longer held.
  absl::Status FollowAnswers(absl::string_view bytes);
  void Pay(size_t cost, absl::Duration now);
  // `more_follows`: the line may wait for what is sent next, and go in one packet with it.
  void SendLine(std::string line, bool more_follows = false);
  // Makes the socket pair: returns gRPC's end. Invalid when no file descriptor is left.
  UniqueFd MakePair(std::unique_ptr<PairSide>* ours) const;
  void Join(std::unique_ptr<InnerSide> inner, const Clock* clock, TlsPump::Scratch* scratch);

  const Origin origin_;
  UniqueFd net_;
  bool readable_ = false;
  bool hung_up_ = false;
  bool open_ = false;
  bool must_sign_ = false;
  uint64_t hello_mark_ = 0;
  std::unique_ptr<TlsPump> pump_;
  PairSide* pair_ = nullptr;  // the pump's inner side is one of these two
  StreamSide* streams_ = nullptr;
  std::string pair_name_;
  absl::Duration heard_;                             // when the peer last said something
  absl::Duration asked_ = absl::InfiniteDuration();  // for a sign of life, since then
  auth::HubTls::Handshake handshake_;
  std::optional<LocalUser> local_user_;  // of kUnix
  std::unique_ptr<auth::HubPrologue> prologue_;
  std::string session_;
  std::string last_line_;  // which lets the peer in; sent when the connection is opened
  auth::Peer peer_;
  auth::Rejection rejection_;
  bool refused_ = false;
  FrameGuard guard_{FrameGuard::From::kClient};
  FrameReader from_grpc_;
};

}  // namespace orch::hub

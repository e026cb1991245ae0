// One connection at the door, from its first byte to its end: looked at, proved, carried. Has no thread and no poll;
// the door tells it what became ready. Door's thread only.
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
#include "base/net/tls_pump.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "services/hub/door/visitor.h"

namespace orch::hub {

class Connection {
 public:
  static constexpr size_t kRecordCost = 64;  // of a TLS record beside its bytes, in the same unit as a byte

  enum class Kind { kTls, kClearTcp, kUnix };
  struct Origin {
    Kind kind = Kind::kTls;
    int listener_fd = -1;
    std::string address;     // for people
    std::string grpc_name;   // of kClearTcp, as gRPC will call it
    std::string network;     // SourceTable's
    std::string local_user;  // of kUnix, when it may ask
  };

  Connection(uint64_t id, UniqueFd net, Origin origin, absl::Duration now);
  ~Connection();

  enum class Progress {
    kWait,     // more bytes are needed
    kProven,   // `peer` says who is there
    kRefused,  // `rejection` says why; the peer has been told where it can be
    kGone,     // the peer hung up before it said anything wrong
  };
  // Goes on with proving who is there.
  Progress Prove(const auth::HubTls& tls, const auth::Keyring& keyring, Random* random, TlsPump::Scratch* scratch);
  auth::Peer& peer() { return peer_; }
  const auth::Rejection& rejection() const { return rejection_; }

  // After kProven: makes the pair, if this kind has one, and gives what gRPC is to get. Invalid when there are no file
  // descriptors left.
  UniqueFd Open(const std::string& pair_name, const Clock* clock, TlsPump::Scratch* scratch);
  // Tells a peer that has proved itself why it is turned away all the same.
  void TurnAway(absl::string_view why);

  // Of a connection that is open. Reading stops while the identity owes for what it sent.
  TlsPump::Step Carry(absl::Duration now);
  // Reads from the peer again after a pause.
  void Resume() {
    if (pump_ != nullptr) pump_->SetPaused(false);
  }
  bool raw() const { return origin_.kind == Kind::kClearTcp && open_; }

  // Closes both sides. The network side is given away for a lingering close where bytes may be under way.
  UniqueFd TakeNet();

  const uint64_t id;
  const absl::Duration since;  // when it was accepted
  std::shared_ptr<Visitor> visitor;
  std::string grpc_name;                   // empty until it is open
  std::list<Connection*>::iterator place;  // in the waiting room
  bool seated = false;                     // there
  bool queued = false;                     // for the next turn
  bool dead = false;
  absl::Duration closing_since = absl::InfiniteDuration();
  TlsPump* pump() { return pump_.get(); }
  // What calls over a clear TCP connection must carry; empty for the others.
  std::string session() const { return origin_.kind == Kind::kClearTcp ? session_ : std::string(); }
  const Origin& origin() const { return origin_; }
  bool open() const { return open_; }
  bool handshaking() const { return pump_ != nullptr && !open_; }
  // Its first words were made with a key of ours; what is left is that it answers.
  bool key_fits() const { return handshaking() && handshake_.found; }
  int net() const { return pump_ != nullptr ? pump_->net() : net_.get(); }
  // Readiness, as epoll tells it.
  void OnNet(bool readable, bool writable, bool hang_up);
  bool hung_up() const { return hung_up_; }

 private:
  Progress ProveByTls(const auth::HubTls& tls, TlsPump::Scratch* scratch);
  Progress ProveInClear(const auth::HubTls& tls, const auth::Keyring& keyring, Random* random);
  // Nothing when a handshake may begin.
  std::optional<Progress> Look(const auth::HubTls& tls, TlsPump::Scratch* scratch);
  Progress Refuse(auth::Rejection rejection);
  // What an open connection's peer sends, on its way to gRPC.
  absl::Status Inspect(absl::string_view bytes, absl::Duration now);
  // What gRPC sends to the peer: of a call that it has reset nothing is kept.
  absl::Status FollowAnswers(absl::string_view bytes);
  void Pay(size_t cost, absl::Duration now);
  void SendLine(std::string line);

  const Origin origin_;
  UniqueFd net_;
  bool readable_ = false;
  bool hung_up_ = false;
  bool open_ = false;
  std::unique_ptr<TlsPump> pump_;
  auth::HubTls::Handshake handshake_;
  std::unique_ptr<auth::HubPrologue> prologue_;
  std::string session_;
  auth::Peer peer_;
  auth::Rejection rejection_;
  FrameGuard guard_{FrameGuard::From::kClient};
  FrameReader from_grpc_;
};

}  // namespace orch::hub

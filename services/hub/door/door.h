// The hub's door. Accepts connections, looks at what they say first, has each prove who is there, and only then makes a
// socket pair and gives gRPC its other end, or, for clear connections on loopback, the connection itself. So gRPC never
// sees a byte of a stranger, and what it sees of a peer has passed a guard (base/net/frame_guard.h). Owns one thread,
// on which all connections live; the rest is thread-safe.
#pragma once

#include <grpcpp/server_builder.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/hub_tls.h"
#include "base/clock.h"
#include "base/net/address.h"
#include "base/net/tls_pump.h"
#include "base/net/unique_fd.h"
#include "base/random.h"
#include "base/token_bucket.h"
#include "services/hub/door/connection.h"
#include "services/hub/door/listener.h"
#include "services/hub/door/reception.h"
#include "services/hub/door/refusals.h"
#include "services/hub/door/source_table.h"
#include "services/hub/door/waiting_room.h"

namespace orch::hub {

class Door {
 public:
  struct Options {
    bool plaintext = false;                 // TCP goes in clear; unix sockets always do
    std::string local_group;                // who may open unix sockets, beside root and the hub's user
    size_t max_strangers = 500;             // connections that have not proved who is there
    size_t max_strangers_per_source = 200;  // of one /24 or /64
    size_t max_connections = 0;             // in all; 0: as many as the limit of open files allows
  };
  static constexpr absl::Duration kHelloWithin = absl::Seconds(3);  // the first words
  static constexpr absl::Duration kProveWithin = absl::Seconds(5);  // the whole handshake
  static constexpr absl::Duration kIdleFor = absl::Seconds(60);     // without a call
  static constexpr absl::Duration kCloseWithin = absl::Seconds(5);  // once gRPC has closed its end
  static constexpr absl::Duration kLinger = absl::Seconds(1);       // for last words to arrive
  static constexpr size_t kMaxLingering = 256;
  static constexpr int kLingerReads = 4;  // of one of them each time
  static constexpr absl::Duration kLookAtLingerers = absl::Milliseconds(50);
  static constexpr size_t kAcceptsATurn = 64;
  static constexpr int kRechecksATurn = 50;
  static constexpr int kHandshakesATurn = 4;      // so that those who are in wait little
  static constexpr double kStrangersShare = 0.4;  // of one core
  static constexpr size_t kFilesAConnection = 3;
  static constexpr size_t kFilesAside = 64;  // for the store, the log and the like
  // Strangers and those who linger take at most one in so many of what is left, so that whoever has proved himself
  // finds the descriptors of an open connection.
  static constexpr size_t kStrangersPart = 2;
  // In a full room nobody makes room for a newcomer before this, so that his own first words have time to come; nor
  // when they have come and nobody has looked at them.
  static constexpr absl::Duration kStay = absl::Milliseconds(5);

  // Binds every address. Errors name the address and the reason.
  static absl::StatusOr<std::unique_ptr<Door>> Listen(const std::vector<Address>& addresses, Options options,
                                                      const auth::HubTls* tls, const auth::Keyring* keyring,
                                                      Reception* reception, Refusals* refusals, const Clock* clock,
                                                      Random* random);
  ~Door();

  // With the ports that were really bound.
  const std::vector<std::string>& addresses() const { return addresses_; }
  // Once, after the server has started.
  void Serve(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor);
  // Takes no new connections; those that are open go on.
  void StopAccepting();
  // Ends all connections and the thread.
  void Stop();
  // Cuts every connection whose peer has lost its standing (HubTls::CheckStanding), soon. Any thread.
  void Recheck();

  struct Counters {
    std::atomic<uint64_t> accepted{0};
    std::atomic<uint64_t> turned_away{0};  // over a bound, or from a network that failed too often
    std::atomic<uint64_t> cut_off{0};      // did not prove itself in time, or had to make room
    std::atomic<uint64_t> let_in{0};
    std::atomic<uint64_t> cut{0};        // after it was let in: misbehaved, lost its standing, was idle
    std::atomic<uint64_t> strangers{0};  // now
    std::atomic<uint64_t> open{0};       // now
    std::atomic<uint64_t> penalised{0};  // networks, now
  };
  const Counters& counters() const { return counters_; }

 private:
  Door(Options options, const auth::HubTls* tls, const auth::Keyring* keyring, Reception* reception, Refusals* refusals,
       const Clock* clock, Random* random);
  void Run();
  absl::Duration NextWake() const;
  void TakeEvents(absl::Duration wait);
  bool OnEvent(uint64_t tag, uint32_t events);  // true: a stranger caused it
  void Accept(Listener* listener);
  bool AcceptOne(Listener* listener);
  bool NewcomersMustWait() const;
  void Begin(UniqueFd fd, const Listener& listener, const sockaddr_storage& from);
  void MeetStrangers();
  void ReceiveStrangers();
  void Meet(Connection* connection);
  void LetIn(Connection* connection);
  bool Enter(Connection* connection);
  void Carry(Connection* connection);
  void ResumePaused();
  void Sweep();
  void SweepStrangers(absl::Duration now);
  void SweepLingerers(absl::Duration now);
  void SweepOpen(absl::Duration now);
  void RecheckSome();
  void Close(Connection* connection, bool linger);
  void Bury();
  Connection* Find(uint64_t id) const;  // null when it is closed
  void Watch(int fd, uint64_t tag, uint32_t events);

  const Options options_;
  const auth::HubTls* const tls_;
  const auth::Keyring* const keyring_;
  Reception* const reception_;
  Refusals* const refusals_;
  const Clock* const clock_;
  Random* const random_;
  size_t max_connections_ = 0;
  size_t max_lingering_ = kMaxLingering;
  std::string pair_prefix_;
  std::vector<Listener> listeners_;
  std::vector<std::string> addresses_;
  UniqueFd epoll_;
  UniqueFd wake_;   // eventfd
  UniqueFd spare_;  // given up for a moment when descriptors run out
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  Counters counters_;
  std::atomic<bool> accepting_{true};
  std::atomic<bool> stopping_{false};
  std::atomic<bool> recheck_{false};
  std::deque<uint64_t> to_recheck_;  // connections whose keys or certificates may count no more

  // The door's thread only.
  SourceTable sources_;
  WaitingRoom room_;
  TokenBucket strangers_cpu_{kStrangersShare, kStrangersShare / 4};  // seconds of work for strangers
  absl::flat_hash_map<uint64_t, std::unique_ptr<Connection>> connections_;
  uint64_t next_id_ = 1;
  std::deque<uint64_t> knocking_;  // strangers with something to read
  size_t met_first_ = 0;           // of them, before newcomers come in
  std::deque<uint64_t> busy_;      // open ones with more to carry
  std::vector<uint64_t> paused_;   // open ones that owe for what they sent
  std::vector<uint64_t> dead_;     // closed in this turn
  struct Lingerer {
    UniqueFd fd;
    absl::Duration until;
  };
  std::deque<Lingerer> lingering_;  // first to end first
  absl::Duration lingerers_seen_;
  bool backlog_waits_ = false;  // listeners have more, and strangers have had their share
  absl::Duration swept_;
  const std::unique_ptr<TlsPump::Scratch> scratch_ = std::make_unique<TlsPump::Scratch>();
  std::thread thread_;
};

}  // namespace orch::hub

// The hub's door. Accepts connections, looks at what they say first, has each prove who is there, and only then makes a
// socket pair and gives gRPC its other end, or, for clear connections of clients on loopback, the connection itself.
// The streams of nodes stay here: the door reads and writes their frames itself (stream_side.h). gRPC therefore never
// sees a byte of a stranger, and what it and the streams see of a peer has passed a guard (base/net/frame_guard.h).
// Owned by the hub. Owns one thread, on which all connections live. The public functions may be called on any other
// thread.
#pragma once

#include <grpcpp/server_builder.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/hub_tls.h"
#include "base/clock.h"
#include "base/net/address.h"
#include "base/net/tls_pump.h"
#include "base/random.h"
#include "services/hub/door/acceptor.h"
#include "services/hub/door/carry_queue.h"
#include "services/hub/door/connection.h"
#include "services/hub/door/connection_table.h"
#include "services/hub/door/descriptor_plan.h"
#include "services/hub/door/door_counters.h"
#include "services/hub/door/hello_memory.h"
#include "services/hub/door/lingering_closes.h"
#include "services/hub/door/local_users.h"
#include "services/hub/door/poller.h"
#include "services/hub/door/processor_share.h"
#include "services/hub/door/reception.h"
#include "services/hub/door/refusals.h"
#include "services/hub/door/source_table.h"
#include "services/hub/door/standing_check.h"
#include "services/hub/door/stranger_queue.h"
#include "services/hub/door/stream_mail.h"
#include "services/hub/door/stream_service.h"
#include "services/hub/door/waiting_room.h"

namespace orch::hub {

class Door {
 public:
  struct Options {
    bool plaintext = false;                 // TCP goes in clear; unix sockets always do
    std::string local_group;                // who may open unix sockets, beside root and the hub's user
    size_t max_strangers = 500;             // connections that have not proved who is there
    size_t max_strangers_per_source = 200;  // of one /24 or /64
    size_t max_connections = 0;             // in all, besides the limit of open files; 0: no other limit
  };
  static constexpr absl::Duration kIdleFor = absl::Seconds(60);     // an open connection may be without a call so long
  static constexpr absl::Duration kCloseWithin = absl::Seconds(5);  // once gRPC has closed its end
  static constexpr absl::Duration kLastWords = absl::Seconds(1);
  static constexpr size_t kLettersATurn = 256;  // of the streams' mail, so that their answers are read meanwhile
  static constexpr size_t kAcceptsATurn = 64;
  static constexpr int kHandshakesATurn = 4;  // few, so that those who are in wait little
  // Of one core: for those who prove nothing, and for the handshakes of those who show that they have a key.
  static constexpr double kStrangersShare = 0.4;
  static constexpr double kNewPeersShare = 0.8;

  // Binds every address. Errors name the address and the reason.
  static absl::StatusOr<std::unique_ptr<Door>> Listen(const std::vector<Address>& addresses, Options options,
                                                      const auth::HubTls* tls, Reception* reception, Refusals* refusals,
                                                      const Clock* clock, Random* random);
  ~Door();

  // The addresses with the ports that were really bound.
  const std::vector<std::string>& addresses() const { return addresses_; }
  // Starts the thread. Once, after the server has started. `streams`: null leaves every connection to gRPC.
  void Serve(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> to_grpc, StreamService* streams = nullptr);
  // Takes no new connections; those that are open go on.
  void StopAccepting();
  // Ends all connections and the thread; streams that are finishing have kLastWords for it.
  void Stop();
  // Soon cuts every connection whose peer has lost its standing (HubTls::CheckStanding).
  void Recheck();

  const DoorCounters& counters() const { return counters_; }

 private:
  Door(Options options, const DescriptorPlan& plan, const auth::HubTls* tls, Reception* reception, Refusals* refusals,
       const Clock* clock, Random* random);
  void Run();
  absl::Duration NextWake() const;
  void TakeEvents(absl::Duration wait);
  bool OnEvent(const Poller::Event& event);  // true: a stranger caused it
  void ReceiveStrangers();
  absl::Duration WaitForStrangers(absl::Duration now) const;
  // The way of one connection, in this order.
  void AcceptNewcomers();
  void AcceptFrom(const Listener& listener);
  bool AcceptOne(const Listener& listener);  // false: this listener has had its turn
  void Begin(Acceptor::Newcomer newcomer, const Listener& listener);
  // Strangers on unix sockets wait until it is known which users they are.
  void MeetLocalUsers();
  // Meets a stranger. A peer whose key fits is not charged to the strangers, so that a fleet may come back at once.
  void MeetAndCharge(Connection* connection);
  void Meet(Connection* connection);
  void LetIn(Connection* connection);
  void GiveToGrpc(Connection* connection, UniqueFd fd);
  void NoteNoDescriptor(Connection* connection);
  bool Enter(Connection* connection);
  // OK when there is room for one more connection, which is counted already.
  absl::Status CheckRoom(bool administrator) const;
  absl::StatusOr<std::shared_ptr<Visitor>> TakePlace(Connection* connection);
  void Carry(Connection* connection);
  // Gives a turn's letters to their streams.
  void TakeMail();
  void Deliver(StreamMail::Letter letter);
  bool HasLastWords();
  void AwaitRoom(Connection* connection);
  void Close(Connection* connection, bool linger);
  void LeaveRoom(Connection* connection);
  // What ends connections by itself.
  void Sweep();
  void CutOffLateStrangers(absl::Duration now);
  void CutIdle(absl::Duration now);
  void CutOff(Connection* stranger);

  // Constant once it listens.
  const Options options_;
  const size_t max_connections_;
  const size_t max_open_files_;  // of open connections
  const auth::HubTls* const tls_;
  Reception* const reception_;
  Refusals* const refusals_;
  const Clock* const clock_;
  Random* const random_;
  const std::string pair_prefix_;
  std::vector<std::string> addresses_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> to_grpc_;
  StreamService* streams_ = nullptr;

  // Any thread.
  DoorCounters counters_;
  std::atomic<bool> accepting_{true};
  std::atomic<bool> stopping_{false};
  Poller poller_;
  LocalUsers users_;  // after poller_, which it wakes
  const std::shared_ptr<StreamMail> mail_;

  // The door's thread only.
  Acceptor acceptor_;
  ConnectionTable connections_;
  size_t open_files_ = 0;  // of open connections
  SourceTable sources_;
  WaitingRoom room_;
  StrangerQueue strangers_{&connections_, &room_, random_};
  ProcessorShare strangers_share_{kStrangersShare};
  ProcessorShare new_peers_share_{kNewPeersShare};
  CarryQueue to_carry_{&connections_};
  std::vector<StreamMail::Letter> letters_;  // taken from mail_
  size_t next_letter_ = 0;
  HelloMemory heard_;
  StandingCheck standing_;
  LingeringCloses lingering_;
  absl::Duration swept_;
  const std::unique_ptr<TlsPump::Scratch> scratch_ = std::make_unique_for_overwrite<TlsPump::Scratch>();
  std::thread thread_;
};

}  // namespace orch::hub

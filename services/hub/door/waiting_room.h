// The connections that have not proved who is there, the oldest first, in a bounded number. A newcomer to a full room
// always finds a place, because somebody who waits has to leave: the oldest connection of the network with the most
// strangers, where networks from which a peer has proved itself lately come last as long as others hold half of the
// room. Strangers whose key fits and who only have to answer the hub sit apart and hold half of the room against all
// others, so that a flood of strangers from the same network does not push out an answer that is under way. Those for
// whom the hub has signed, and who have to answer with a certificate, hold a quarter of it. Owned by the door; its
// thread only. Owns no connection.
#pragma once

#include <cstddef>
#include <list>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "services/hub/door/connection.h"
#include "services/hub/door/source_table.h"

namespace orch::hub {

class WaitingRoom {
 public:
  static constexpr absl::Duration kHelloWithin = absl::Seconds(3);  // for a stranger's first words
  static constexpr absl::Duration kProveWithin = absl::Seconds(5);  // for the whole handshake

  // Holds at most `most` connections in all, and at most `most_of_network` of one network other than loopback.
  WaitingRoom(const SourceTable* sources, size_t most, size_t most_of_network)
      : sources_(sources), most_(most), most_of_network_(most_of_network) {}

  void Add(Connection* connection);
  // The first words of `connection` fit a key that the hub knows: it takes a seat.
  void Seat(Connection* connection);
  // The hub has signed for `connection`, which keeps its place until it has answered.
  void AwaitAnswer(Connection* connection);
  void Remove(Connection* connection);
  // A connection that must leave so that one more from `network` fits; null when there is room. Called until it is
  // null.
  Connection* Surplus(const std::string& network, absl::Duration now) const;
  // The connection that leaves first when the hub is short of something else than room.
  Connection* first_to_go() const {
    if (!waiting_.empty()) return waiting_.front();
    return !answering_.empty() ? answering_.front() : oldest_seated();
  }
  // A connection that must leave because its time is over; null when there is none. Called until it is null.
  Connection* Overdue(absl::Duration now) const;
  Connection* oldest() const { return waiting_.empty() ? nullptr : waiting_.front(); }
  Connection* oldest_seated() const { return seated_.empty() ? nullptr : seated_.front(); }
  bool full() const { return size() >= most_; }
  size_t size() const { return waiting_.size() + answering_.size() + seated_.size(); }

 private:
  Connection* OldestOf(const std::string& network) const;

  const SourceTable* const sources_;
  const size_t most_;
  const size_t most_of_network_;
  std::list<Connection*> waiting_;
  std::list<Connection*> answering_;
  std::list<Connection*> seated_;
  absl::flat_hash_map<std::string, size_t> by_network_;  // the connections in waiting_
};

}  // namespace orch::hub

// Connections that have not proved who is there, oldest first, in a bounded number. When it is full somebody who waits
// goes, never the newcomer: the oldest of the network that has most strangers here, where networks from which somebody
// has proved himself lately come last as long as others hold half of the room. Those whose key fits, and who only have
// to answer the hub, sit apart and hold half of the room against all others, so that a flood of strangers from the same
// network does not outrun an answer that is under way. Door's thread only; owns no connection.
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

  // At most `most` in all, and `most_of_network` of one network other than loopback.
  WaitingRoom(const SourceTable* sources, size_t most, size_t most_of_network)
      : sources_(sources), most_(most), most_of_network_(most_of_network) {}

  void Add(Connection* connection);
  // Its first words fit a key of ours.
  void Seat(Connection* connection);
  void Remove(Connection* connection);
  // Who must go so that one more from `network` fits; null when there is room. Ask until it is null.
  Connection* Surplus(const std::string& network, absl::Duration now) const;
  // Who goes first when something else than room is short.
  Connection* first_to_go() const { return !waiting_.empty() ? waiting_.front() : oldest_seated(); }
  // Who must go because his time is over; null when there is nobody. Ask until it is null.
  Connection* Overdue(absl::Duration now) const;
  Connection* oldest() const { return waiting_.empty() ? nullptr : waiting_.front(); }
  Connection* oldest_seated() const { return seated_.empty() ? nullptr : seated_.front(); }
  bool full() const { return size() >= most_; }
  size_t size() const { return waiting_.size() + seated_.size(); }

 private:
  Connection* OldestOf(const std::string& network) const;

  const SourceTable* const sources_;
  const size_t most_;
  const size_t most_of_network_;
  std::list<Connection*> waiting_;
  std::list<Connection*> seated_;
  absl::flat_hash_map<std::string, size_t> by_network_;  // those in waiting_
};

}  // namespace orch::hub

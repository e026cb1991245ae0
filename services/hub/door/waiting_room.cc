#include "services/hub/door/waiting_room.h"

namespace orch::hub {
namespace {

bool IsHere(const std::string& network) { return network == "loopback" || network == "local"; }

}  // namespace

void WaitingRoom::Add(Connection* connection) {
  connection->place = waiting_.insert(waiting_.end(), connection);
  ++by_network_[connection->origin().network];
}

void WaitingRoom::Seat(Connection* connection) {
  if (connection->seated) return;
  Remove(connection);
  connection->answering = false;
  connection->seated = true;
  connection->place = seated_.insert(seated_.end(), connection);
}

void WaitingRoom::AwaitAnswer(Connection* connection) {
  if (connection->answering || connection->seated) return;
  Remove(connection);
  connection->answering = true;
  connection->place = answering_.insert(answering_.end(), connection);
}

void WaitingRoom::Remove(Connection* connection) {
  if (connection->seated || connection->answering) {
    (connection->seated ? seated_ : answering_).erase(connection->place);
    return;
  }
  waiting_.erase(connection->place);
  const auto found = by_network_.find(connection->origin().network);
  if (--found->second == 0) by_network_.erase(found);
}

Connection* WaitingRoom::OldestOf(const std::string& network) const {
  for (Connection* connection : waiting_) {
    if (connection->origin().network == network) return connection;
  }
  return nullptr;
}

Connection* WaitingRoom::Surplus(const std::string& network, absl::Duration now) const {
  const auto own = by_network_.find(network);
  if (!IsHere(network) && own != by_network_.end() && own->second >= most_of_network_) return OldestOf(network);
  if (size() < most_) return nullptr;
  if (2 * seated_.size() > most_) return oldest_seated();
  if (4 * answering_.size() > most_) return answering_.front();
  if (waiting_.empty()) return !answering_.empty() ? answering_.front() : oldest_seated();
  const std::string* most = nullptr;
  const std::string* most_unproven = nullptr;
  size_t count = 0, count_unproven = 0, unproven = 0;
  for (const auto& [name, size] : by_network_) {
    if (size > count) {
      most = &name;
      count = size;
    }
    if (sources_->IsProven(name, now)) continue;
    unproven += size;
    if (size > count_unproven) {
      most_unproven = &name;
      count_unproven = size;
    }
  }
  if (2 * unproven >= most_ && most_unproven != nullptr) most = most_unproven;
  return most == nullptr ? nullptr : OldestOf(*most);
}

Connection* WaitingRoom::Overdue(absl::Duration now) const {
  if (Connection* const first = oldest(); first != nullptr) {
    const absl::Duration age = now - first->since;
    const bool said_hello = first->handshaking() || first->awaits_signature;
    if (age >= kProveWithin || (age >= kHelloWithin && !said_hello)) return first;
  }
  for (const std::list<Connection*>* group : {&answering_, &seated_}) {
    if (!group->empty() && now - group->front()->since >= kProveWithin) return group->front();
  }
  return nullptr;
}

}  // namespace orch::hub

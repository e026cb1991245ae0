// Open connections that need another turn without an event: those with more to carry, and those that are not read from,
// because their identity owes for what it has sent, or because the hub has not handled it. Door's thread only; owns no
// connection.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "services/hub/door/connection_table.h"

namespace orch::hub {

class CarryQueue {
 public:
  // A paused connection is looked at again after this.
  static constexpr absl::Duration kLookAtPaused = absl::Milliseconds(5);

  explicit CarryQueue(const ConnectionTable* connections) : connections_(connections) {}

  // `connection` has more to carry, but it is the others' turn. Repeats are harmless.
  void AddBusy(Connection* connection);
  // `connection` is not read from until Connection::MayRead.
  void AddPaused(Connection* connection) { paused_.push_back(connection->id); }
  // Calls `carry` once for each busy connection, and for each paused one that may be read from again. What `carry` adds
  // comes in the next turn. `now`: Clock::Steady.
  void Turn(absl::Duration now, absl::FunctionRef<void(Connection*)> carry);
  // How long the next turn may wait: zero when somebody is busy, infinite when nobody is queued.
  absl::Duration Wait() const;

 private:
  void TurnOfBusy(absl::FunctionRef<void(Connection*)> carry);
  void TurnOfPaused(absl::Duration now, absl::FunctionRef<void(Connection*)> carry);

  const ConnectionTable* const connections_;
  std::deque<uint64_t> busy_;
  std::vector<uint64_t> paused_;  // with repeats
};

}  // namespace orch::hub

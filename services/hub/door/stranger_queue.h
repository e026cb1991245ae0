// Whose turn it is outside the door: which stranger is met next, and when newcomers may come in. Strangers who have
// spoken are met before newcomers make them the oldest in the waiting room, and newcomers come in however many
// strangers speak. Door's thread only; owns no connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "absl/time/time.h"
#include "services/hub/door/connection_table.h"
#include "services/hub/door/waiting_room.h"

namespace orch::hub {

class StrangerQueue {
 public:
  // In a full room nobody makes room for a newcomer before this, so that his own first words have time to come.
  static constexpr absl::Duration kStay = absl::Milliseconds(5);

  StrangerQueue(const ConnectionTable* connections, const WaitingRoom* room) : connections_(connections), room_(room) {}

  // `stranger` has said something that nobody has looked at. Repeats are harmless.
  void OnSpoke(Connection* stranger);
  // Takes the next stranger to meet; null when nobody has spoken.
  Connection* Next();
  bool nobody_spoke() const { return spoke_.empty(); }

  // Newcomers wait, or may wait, at a listening socket.
  void OnNewcomers() { newcomers_ = true; }
  bool newcomers_wait() const { return newcomers_; }
  // Whether it is the newcomers' turn. After true they are no longer taken to wait, and EndNewcomers must follow.
  bool BeginNewcomers();
  // Those who have spoken by now are met before the next newcomers come in.
  void EndNewcomers() { met_first_ = spoke_.size(); }
  // Whether nobody in the full room may go yet: the oldest has spoken, or has been here for less than kStay.
  bool NewcomersMustStayOut(absl::Duration now) const;

 private:
  const ConnectionTable* const connections_;
  const WaitingRoom* const room_;
  std::deque<uint64_t> spoke_;
  size_t met_first_ = 0;  // so many of spoke_, before newcomers come in
  bool newcomers_ = false;
};

}  // namespace orch::hub

// Whose turn it is outside the door: which stranger is met next, for which one the hub signs next, and when newcomers
// may come in. Strangers who have spoken are met before newcomers make them the oldest in the waiting room, and
// newcomers come in however many strangers speak. Those who name no key have a queue of their own, because a signature
// costs twenty times what it costs to look at first words: peers with keys do not wait behind them. Door's thread only;
// owns no connection.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>

#include "absl/time/time.h"
#include "base/random.h"
#include "services/hub/door/connection_table.h"
#include "services/hub/door/waiting_room.h"

namespace orch::hub {

class StrangerQueue {
 public:
  // In a full room nobody makes room for a newcomer before this, so that his own first words have time to come.
  static constexpr absl::Duration kStay = absl::Milliseconds(5);
  static constexpr int kNewcomersASignature = 12;

  StrangerQueue(const ConnectionTable* connections, const WaitingRoom* room, Random* random)
      : connections_(connections), room_(room), random_(random) {}

  // `stranger` has said something that nobody has looked at. Repeats are harmless. Who waits for a signature is not
  // looked at before its turn.
  void OnSpoke(Connection* stranger);
  // Takes the next stranger to meet; null when nobody has spoken.
  Connection* Next();
  // The hub has to sign for `stranger`, who has been met.
  void OnMustSign(Connection* stranger);
  // Takes the next stranger to sign for; null when there is none, or when no signature is due. While newcomers wait,
  // one is due for every kNewcomersASignature that came in; else one a turn. In a full room, where newcomers push
  // others out, chance decides, so that nobody's place in a flood is a bad one every time.
  Connection* NextToSign();
  void BeginTurn() { due_ = std::clamp(due_, newcomers_ ? 0.0 : 1.0, kMostDue); }
  void OnCame() { due_ += 1.0 / kNewcomersASignature; }
  // `stranger` leaves the room.
  void OnGone(Connection* stranger);
  bool nobody_waits() const { return spoke_.empty() && to_sign_.empty(); }

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
  Random* const random_;
  static constexpr double kMostDue = 4;

  std::deque<uint64_t> spoke_;
  std::list<Connection*> to_sign_;  // all of them in the room
  size_t met_first_ = 0;            // so many of spoke_, before newcomers come in
  bool newcomers_ = false;
  double due_ = 0;  // signatures
};

}  // namespace orch::hub

// A call that the Reception has admitted. Owned by whoever serves the call; gives its place in the identity's share
// back when it is destroyed. Movable; one thread at a time.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "auth/peer.h"
#include "base/clock.h"
#include "services/hub/door/share_table.h"
#include "services/hub/door/visitor.h"

namespace orch::hub {

class Admission {
 public:
  // Without a call.
  Admission() = default;
  Admission(std::shared_ptr<ShareTable> shares, std::shared_ptr<Visitor> visitor, CallSort sort, const Clock* clock)
      : shares_(std::move(shares)), visitor_(std::move(visitor)), sort_(sort), clock_(clock) {}
  Admission(Admission&& other) noexcept { *this = std::move(other); }
  Admission& operator=(Admission&& other) noexcept;
  ~Admission() { End(); }

  // To be called right before the hub's last words in the call are given to gRPC: frees the place for the next call.
  void Finish();

  const Visitor& visitor() const { return *visitor_; }
  const auth::Peer& peer() const { return visitor_->peer; }
  std::string caller() const { return visitor_->peer.CallerId(); }

 private:
  void End();

  std::shared_ptr<ShareTable> shares_;
  std::shared_ptr<Visitor> visitor_;
  CallSort sort_ = CallSort::kShort;
  bool finished_ = false;
  const Clock* clock_ = nullptr;
};

}  // namespace orch::hub

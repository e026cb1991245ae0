// The stream to the hub, an Attach call without gRPC: the tunnel's thread reads and writes its frames, the loop gives
// and takes messages. Bounded both ways: the outbox refuses, and a hub that sends faster than the loop works is not
// read from. Owned by HubLink; everything is called on the loop. Decides nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "base/executor.h"
#include "base/net/tunnel.h"
#include "orch/v1/node_service.pb.h"

namespace orch::nodeagent {

class HubStream {
 public:
  static constexpr size_t kMaxOutboxMessages = 2048;
  static constexpr size_t kMaxOutboxBytes = 32u << 20;
  static constexpr size_t kMaxOutputBytes = 1u << 20;  // in the outbox; beyond it live output is not taken
  static constexpr size_t kMaxUnhandled = 16;          // messages of the hub

  // All are called on the loop, and not after the stream is destroyed.
  struct Callbacks {
    std::function<void()> opened;  // both sides have proved themselves
    std::function<void(v1::HubMessage)> message;
    std::function<void(const absl::Status&)> done;  // the stream has ended or never opened; the last call
    std::function<void()> drained;                  // live output is taken again
  };

  HubStream(Executor* executor, Callbacks callbacks);
  // The tunnel may live on; then it carries nothing any more.
  ~HubStream();

  // Once: what the tunnel carries.
  std::unique_ptr<TunnelEnd> MakeEnd();
  // Once, right after: `wake` is Tunnel::Waker of that tunnel.
  void SetWake(std::function<void()> wake);

  // Returns ResourceExhausted if the hub reads so slowly that the outbox is full; then destroy the stream.
  absl::Status Send(const v1::NodeMessage& message);
  // Returns whether so much of the outbox is free that live output, which may be left out, is taken.
  bool TakesOutput() const;
  // Sends what is in the outbox, then half-closes the call; the hub ends it.
  void HalfClose();

 private:
  class End;
  struct Shared;

  const std::shared_ptr<Shared> shared_;
};

}  // namespace orch::nodeagent

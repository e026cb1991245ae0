// The hub's end of a client's streamed answers: a bounded queue that one client reads.
#pragma once

#include <functional>

#include "absl/status/status.h"

namespace orch::hub {

// Bounds of the answers to one client that are not yet written.
inline constexpr size_t kMaxWatchBytes = 8u << 20;
inline constexpr size_t kMaxWatchMessages = 65'536;

// Implemented by ClientStream, and by fakes in tests. Shared by the call and by whoever answers it. Thread-safe; never
// blocks.
template <typename Response>
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  // Queues one answer. False when there is no room or the client is gone; then nothing was queued.
  virtual bool TryPush(Response response) = 0;
  // Ends the call once the queue is written; an error drops the queue first. Later calls do nothing.
  virtual void End(const absl::Status& status) = 0;
  // Whether nobody reads the answers any more, because the client is gone or the call was ended.
  virtual bool closed() const = 0;
  // The bytes that are queued and not yet written.
  virtual size_t queued_bytes() const = 0;
  // Posts `on_drained` to the loop each time the queue becomes empty after a push has found no room. Null: never.
  virtual void SetOnDrained(std::function<void()> on_drained) = 0;
};

}  // namespace orch::hub

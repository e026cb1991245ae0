// Where a client's streamed answers go: a bounded queue with one client at its end.
#pragma once

#include <functional>

#include "absl/status/status.h"

namespace orch::hub {

// Bounds of one client's queue of answers not yet written.
inline constexpr size_t kMaxWatchBytes = 8u << 20;
inline constexpr size_t kMaxWatchMessages = 65'536;

// Implemented by ClientStream, and by fakes in tests. Thread-safe; never blocks.
template <typename Response>
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;
  // False when there is no room or the client is gone: nothing was queued.
  virtual bool TryPush(Response response) = 0;
  // Ends the call once what is queued is written; with an error the queue is dropped first.
  // Later calls do nothing.
  virtual void End(const absl::Status& status) = 0;
  // Whether nobody reads any more what is pushed: the client is gone, or the call was ended.
  virtual bool closed() const = 0;
  // Bytes that wait to be written.
  virtual size_t queued_bytes() const = 0;
  // Posted to the loop each time the queue is empty again after a push found no room; null: never.
  virtual void SetOnDrained(std::function<void()> on_drained) = 0;
};

}  // namespace orch::hub

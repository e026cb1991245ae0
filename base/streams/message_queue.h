// The messages that one side of a gRPC stream has yet to write: puts the length before each and cuts them into frames.
// An empty queue holds no memory. One owner, one thread; its owner bounds it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/streams/grpc_message.h"

namespace orch {

class MessageQueue {
 public:
  void Push(GrpcMessage message);
  // Copies at most `most` bytes and returns how many; 0: the queue is empty. Calls `written` with the size of each
  // message that is copied to its end.
  size_t Copy(uint8_t* to, size_t most, absl::FunctionRef<void(size_t)> written);
  // Drops everything. A message that is copied in part stays in part, so the stream must end.
  void Clear();

 private:
  struct Queued {
    uint8_t prefix[5];
    GrpcMessage message;
  };
  std::vector<Queued> queue_;
  size_t next_ = 0;     // in queue_
  size_t next_at_ = 0;  // bytes of it that are copied, its prefix included
};

}  // namespace orch

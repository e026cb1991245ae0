// Puts the messages of one direction of a gRPC stream together from pieces of any size. Holds the message that has
// begun and nothing else. One owner, one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch {

class MessageReader {
 public:
  explicit MessageReader(size_t max_message_bytes) : max_message_bytes_(max_message_bytes) {}

  // Takes the next bytes and calls `each` with every message that they end; `each` returns whether further messages are
  // wanted. Unimplemented: a compressed message. ResourceExhausted: one that is announced too large; of both, nothing
  // is kept. After an error or a false `each` nothing more may be fed.
  absl::Status Feed(absl::string_view bytes, absl::FunctionRef<bool(std::string)> each);
  void Clear();

 private:
  absl::Status Begin();

  const size_t max_message_bytes_;
  uint8_t prefix_[5];
  size_t prefix_seen_ = 0;
  size_t left_ = 0;
  std::string message_;
};

}  // namespace orch

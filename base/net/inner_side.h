// The inner side of a pump: takes the bytes that come from the network, and has those that go there. Implemented by one
// end of a socket pair (PairSide) and by whoever serves the connection itself. Owned by the pump; one thread at a time.
// Never blocks.
#pragma once

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch {

class InnerSide {
 public:
  virtual ~InnerSide() = default;

  // Takes bytes of the network, in order. An error ends the connection.
  virtual absl::Status Put(absl::string_view bytes) = 0;
  // Nothing more comes from the network.
  virtual void EndPutting() = 0;
  // Bytes that it has taken and cannot pass on yet; nothing more is put while there are any.
  virtual size_t unsent() const = 0;
  // Tries to pass them on.
  virtual void Flush() = 0;

  enum class Taken { kBytes, kNothing, kEnd, kError };
  // Takes at most `most` bytes for the network, and sets `*size` for kBytes. After kEnd `ended` is true.
  virtual Taken Take(char* bytes, size_t most, size_t* size) = 0;
  // Whether Take may have something.
  virtual bool readable() const = 0;
  // Nothing more goes to the network.
  virtual bool ended() const = 0;
};

}  // namespace orch

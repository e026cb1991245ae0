// Splits the bytes of one direction of an HTTP/2 connection into frames as they pass, whatever pieces they come in.
// Keeps nothing but a frame's header. Pure; one owner, one thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "base/net/http2.h"

namespace orch {

class FrameReader {
 public:
  struct Header {
    size_t size = 0;  // of the payload
    uint8_t type = 0;
    uint8_t flags = 0;
    uint32_t stream = 0;
  };
  // kHeader: header() is a new frame's. kPayload: `payload` is some of that frame's. kMore: all bytes are used up.
  enum class Part { kHeader, kPayload, kMore };

  // Takes the next part from the front of `bytes`, which begin with a frame at the first call.
  Part Next(absl::string_view* bytes, absl::string_view* payload);

  const Header& header() const { return header_; }
  size_t payload_left() const { return payload_left_; }

 private:
  Header header_;
  uint8_t raw_[kFrameHeaderBytes];
  size_t raw_seen_ = 0;
  size_t payload_left_ = 0;
};

}  // namespace orch

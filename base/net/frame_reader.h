// Splits the bytes of one direction of an HTTP/2 connection into frames as they pass, in pieces of any size. Keeps only
// the header of the current frame. Pure; one owner, one thread.
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
  // kHeader: header() is that of a new frame. kPayload: `payload` is a part of that frame's payload. kMore: all bytes
  // are consumed.
  enum class Part { kHeader, kPayload, kMore };

  // Removes the next part from the front of `bytes`. At the first call, `bytes` begin with a frame.
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

#include "base/streams/http2_output.h"

#include <algorithm>
#include <cstring>

#include "base/streams/grpc_text.h"

namespace orch {

size_t Http2Output::Take(nghttp2_session* session, char* bytes, size_t most) {
  size_t size = 0;
  while (size < most) {
    if (taken_.empty()) {
      const uint8_t* data = nullptr;
      const ssize_t more = nghttp2_session_mem_send(session, &data);
      if (more <= 0) break;
      taken_ = TextOf(data, static_cast<size_t>(more));
    }
    const size_t fits = std::min(taken_.size(), most - size);
    std::memcpy(bytes + size, taken_.data(), fits);
    taken_.remove_prefix(fits);
    size += fits;
  }
  return size;
}

bool Http2Output::has_any(nghttp2_session* session) const {
  return !taken_.empty() || nghttp2_session_want_write(session) != 0;
}

}  // namespace orch

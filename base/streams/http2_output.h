// What one side of an HTTP/2 connection has to send, taken from nghttp2 in pieces of any size. One owner, one thread.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

struct nghttp2_session;

namespace orch {

class Http2Output {
 public:
  // Copies at most `most` bytes and returns how many; 0: there are none at present.
  size_t Take(nghttp2_session* session, char* bytes, size_t most);
  bool has_any(nghttp2_session* session) const;

 private:
  absl::string_view taken_;  // nghttp2's, valid until it is asked for more
};

}  // namespace orch

// The two HTTP/2 frames with which the hub tells an authenticated peer why it gets no connection: an empty SETTINGS
// frame and a GOAWAY with the reason, which every gRPC client shows. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace orch {

inline constexpr size_t kMaxRefusalBytes = 600;  // both frames

// Returns both frames; cuts `why` if it is too long.
std::string MakeRefusal(absl::string_view why);

struct Refused {
  enum class Kind { kUnknown, kNo, kYes };
  Kind kind = Kind::kUnknown;  // kUnknown: more bytes are needed
  std::string why;             // printable
};
// Reads the first bytes that a hub sent.
Refused ReadRefusal(absl::string_view bytes);

}  // namespace orch

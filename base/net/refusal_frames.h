// How the hub tells a peer that has proved itself why it gets no connection: an empty SETTINGS frame and a GOAWAY with
// the reason, which every gRPC client shows. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace orch {

inline constexpr size_t kMaxRefusalBytes = 600;  // both frames

// `why` is cut where it would not fit.
std::string MakeRefusal(absl::string_view why);

struct Refused {
  enum class Kind { kUnknown, kNo, kYes };
  Kind kind = Kind::kUnknown;  // kUnknown: more bytes are needed
  std::string why;             // printable
};
// The first bytes that came from a hub.
Refused ReadRefusal(absl::string_view bytes);

}  // namespace orch

// Compresses texts for the store (zlib, at its fastest level). Pure functions.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch::hub {

inline constexpr size_t kMaxPackedText = 16u << 20;  // bytes of a text; Unpack refuses more

std::string Pack(absl::string_view text);
// DataLoss when `packed` is not what Pack made of a text of `bytes`.
absl::StatusOr<std::string> Unpack(absl::string_view packed, size_t bytes);

}  // namespace orch::hub

// The words that people see for the values of a protocol's enum: STOP_REASON_MAX_FAILURES with the prefix
// "STOP_REASON_" is "max-failures". Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace orch {

// A name without the prefix, in lower case and with dashes. "unknown" for an empty name: a value of a later version.
std::string EnumText(absl::string_view name, absl::string_view prefix);
// The other way round. Whether such a value exists is for the caller to find out.
std::string EnumName(absl::string_view text, absl::string_view prefix);

}  // namespace orch

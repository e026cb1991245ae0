// Splits $ORCHCTL_OPTS into words as a shell would: blanks separate words, quotes and backslashes
// protect blanks. Nothing is expanded. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch::cli {

// InvalidArgument if a quotation is not closed; the message names `source`.
absl::StatusOr<std::vector<std::string>> SplitShellWords(absl::string_view text, absl::string_view source);

}  // namespace orch::cli

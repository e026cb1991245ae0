// Splits text into words as a shell would, for $ORCHCTL_OPTS: blanks separate, quotes and
// backslashes keep.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace orch::cli {

// InvalidArgument names `source` when a quote stays open.
absl::StatusOr<std::vector<std::string>> SplitShellWords(absl::string_view text, absl::string_view source);

}  // namespace orch::cli

// Parses the text of one option into its part of the tree; one function for each kind of option. Errors are
// InvalidArgument in the form of Source::Error. Callers call Source::CheckWhole before and Source::CheckBytes after.
// Pure.
#pragma once

#include "absl/status/statusor.h"
#include "filter/expression.h"
#include "filter/source.h"

namespace orch::filter {

absl::StatusOr<ExpressionPtr> ParseFactOption(const Source& source);      // -F
absl::StatusOr<ExpressionPtr> ParseNameOption(const Source& source);      // -C -I -A
absl::StatusOr<ExpressionPtr> ParseWordsOption(const Source& source);     // -W
absl::StatusOr<ExpressionPtr> ParseCompoundOption(const Source& source);  // -S

}  // namespace orch::filter

// One option's text into its part of the tree, one function a kind of option. Pure; an error is
// InvalidArgument as Source formats it. The text was checked by Source::CheckWhole; the caller asks
// Source::CheckBytes afterwards.
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

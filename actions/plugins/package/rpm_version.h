// Compares versions by rpm's rules. Pure.
#pragma once

#include "absl/strings/string_view.h"

namespace orch::actions {

// Compares one part: an epoch, a version or a release. The result is below, at or above zero if `left` is older,
// equally old or newer. Numbers are compared as numbers and sort above letters; "~" sorts before the end and "^" just
// after it.
int CompareRpmPart(absl::string_view left, absl::string_view right);

}  // namespace orch::actions

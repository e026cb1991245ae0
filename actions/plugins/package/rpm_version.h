// The order of versions as rpm has it. Pure.
#pragma once

#include "absl/strings/string_view.h"

namespace orch::actions {

// Below, at or above zero as `left` is older, as old or newer. Of one part: an epoch, a version or a release.
// Numbers are compared as numbers and stand above letters; "~" sorts before the end, "^" just behind it.
int CompareRpmPart(absl::string_view left, absl::string_view right);

}  // namespace orch::actions

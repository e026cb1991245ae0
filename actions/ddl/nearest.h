// "Did you mean …?" for names a person typed.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch::ddl {

// The known name with the fewest edits, or empty when none is near (more than a third of it wrong).
std::string NearestName(absl::string_view typed, const std::vector<std::string>& known);

// "; did you mean install?", or empty.
std::string DidYouMean(absl::string_view typed, const std::vector<std::string>& known);

}  // namespace orch::ddl

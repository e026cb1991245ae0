// The printf-like formats of aggregates ("%s = %d", "Average: %.2f"), with text from a DDL: it can
// only ever read the given values.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::ddl {

// Each %s, %d, %i or %f takes the next value, converted; %% is a percent sign; flags, width and
// precision as in C, widths above 200 are cut. What is no conversion, or has no value left, stays as text.
std::string FormatValues(absl::string_view format, const std::vector<Json>& values);

}  // namespace orch::ddl

// Applies the formats of aggregates, which are like those of printf ("%s = %d", "Average: %.2f") and come from a DDL. A
// format can read only the given values. Pure.
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::ddl {

// Replaces each %s, %d, %i or %f by the next value, converted, and %% by a percent sign. Flags, width and precision are
// those of C; widths above 200 are cut. Other text, and a conversion without a value, stays as it is.
std::string FormatValues(absl::string_view format, const std::vector<Json>& values);

}  // namespace orch::ddl

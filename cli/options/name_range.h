// Extensions of the command line to the filter language, which are expanded before a filter is
// parsed. Only texts that the language refuses get a meaning here (an identity has no brackets, and
// a comparison needs a value), so the meaning of a valid filter never changes. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "filter/filter.h"

namespace orch::cli {

inline constexpr size_t kMaxRangeNames = 65'536;  // of all ranges of a command; a hub accepts a list of this length
inline constexpr size_t kMaxFilterOptions = 256;  // a hub accepts a filter of this length

// Whether `text` is a range of names, such as "web[01-20].x", "db[1,3,7-9]" or "r[1-2]n[01-40]".
// Numbers are padded to the width of the first number of their range.
bool IsNameRange(absl::string_view text);
// Returns the names of a range in order. InvalidArgument if the range runs backwards or has too
// many names.
absl::StatusOr<std::vector<std::string>> ExpandNameRange(absl::string_view text);

// Returns the options with each -I range replaced by its names, and each -F 'NAME=' by a comparison
// with the empty text.
absl::StatusOr<std::vector<filter::Option>> ExpandFilter(absl::Span<const filter::Option> options);

}  // namespace orch::cli

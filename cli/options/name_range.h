// What the command line understands in filters beyond the filter language, written out before a filter is
// parsed. Only texts that the language or the client refuses anyway get a meaning here, so no legal filter
// changes its own: an identity holds no bracket, and a comparison needs a value. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "filter/filter.h"

namespace orch::cli {

inline constexpr size_t kMaxRangeNames = 65'536;  // of all ranges of a command; what a hub takes as a list
inline constexpr size_t kMaxFilterOptions = 256;  // what a hub takes as a filter

// "web[01-20].x", "db[1,3,7-9]", "r[1-2]n[01-40]": names with numbers in brackets, each number at least as
// wide as the first one of its range is written.
bool IsNameRange(absl::string_view text);
// The names of a range, in order. InvalidArgument when it runs backwards or names too many.
absl::StatusOr<std::vector<std::string>> ExpandNameRange(absl::string_view text);

// The options with each -I that is a range as its names, and -F 'NAME=' as the comparison with the empty text.
absl::StatusOr<std::vector<filter::Option>> WriteOutFilter(absl::Span<const filter::Option> options);

}  // namespace orch::cli

// Values of replies in MCollective's notation: {"a"=>1, "b"=>["x", nil]}. Values wider than 80
// columns take several lines, which are aligned under their first element. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::cli {

inline constexpr size_t kValueWidth = 79;

// Returns one line, with strings quoted and escaped.
std::string InlineValue(const Json& value);

// Returns one or more lines without a final newline; the first one is not indented.
std::string PrettyValue(const Json& value, size_t width = kValueWidth);

// Returns one line: scalars without quotes, null as an empty text, containers as InlineValue.
std::string DisplayValue(const Json& value);
// The same for the end of a line: containers as PrettyValue, their further lines after `indent`
// blanks.
std::string DisplayBlock(const Json& value, size_t indent);

// Indents every line but the first by `indent` blanks.
std::string IndentRest(absl::string_view text, size_t indent);
// Indents every line by `indent` blanks.
std::string IndentAll(absl::string_view text, size_t indent);

}  // namespace orch::cli

// Values of replies as users of MCollective know them: {"a"=>1, "b"=>["x", nil]}, broken over
// lines beyond 80 columns and aligned under their first element. Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch::cli {

inline constexpr size_t kValueWidth = 79;

// One line; strings quoted and escaped.
std::string InlineValue(const Json& value);

// One or more lines without a final newline; the first is not indented.
std::string PrettyValue(const Json& value, size_t width = kValueWidth);

// A value within one line: scalars plain, an absent one empty, containers as InlineValue.
std::string DisplayValue(const Json& value);
// A value at the end of a line, whose further lines stand behind `indent` blanks: containers as PrettyValue.
std::string DisplayBlock(const Json& value, size_t indent);

// Every line but the first behind `indent` blanks.
std::string IndentRest(absl::string_view text, size_t indent);
// Every line behind `indent` blanks.
std::string IndentAll(absl::string_view text, size_t indent);

}  // namespace orch::cli

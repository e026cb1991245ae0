// Numbers of any size in a Json value. nlohmann converts an integer beyond 64 bits to a double and loses digits. Such
// an integer is therefore kept as its decimal digits in a value of nlohmann's type "binary", which no JSON text can
// produce, with a subtype of ours. Only json_number.cc knows that; other code asks these functions instead of
// nlohmann's is_number_integer(), is_number() and get<double>(). Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "base/json_value.h"

namespace orch {

// Whether the value is an integer beyond 64 bits.
bool IsBigInteger(const Json& value);
// Whether the value is an integer, or a number, of any size.
bool IsInteger(const Json& value);
bool IsNumber(const Json& value);

// Whether the text matches -?[0-9]+ as a whole.
bool IsIntegerText(absl::string_view text);

// Returns the exact value of a text that matches [+-]?[0-9]+: 64 bits, signed or unsigned, if it fits, else a big
// integer. Drops leading zeros and a plus. Any other text is a broken invariant.
Json IntegerFromText(absl::string_view text);

// Returns the decimal digits of an integer, with a minus if it is negative. Requires IsInteger(value).
std::string IntegerText(const Json& value);

// Returns the nearest double; infinite beyond the range of doubles. Requires IsNumber(value).
double NumberAsDouble(const Json& value);

// Returns "null", "boolean", "number", "string", "array" or "object"; a big integer is a number.
absl::string_view JsonTypeName(const Json& value);

}  // namespace orch

// Numbers of any size in a Json value. nlohmann makes a double of an integer beyond 64 bits and loses its digits.
// Such an integer is therefore kept as its decimal digits, in a value of nlohmann's type "binary" (no JSON text can
// produce one) with a subtype of ours. Only this file and json.cc know that; others ask these functions instead of
// nlohmann's is_number_integer(), is_number() and get<double>(). Pure.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch {

// An integer beyond 64 bits.
bool IsBigInteger(const Json& value);
// Any integer, or any number, of whatever size.
bool IsInteger(const Json& value);
bool IsNumber(const Json& value);

// -?[0-9]+, and nothing else.
bool IsIntegerText(absl::string_view text);

// The value of [+-]?[0-9]+, exactly: signed or unsigned 64 bits where it fits, else a big integer. Leading zeros
// and a plus are dropped; any other text is a broken invariant.
Json IntegerFromText(absl::string_view text);

// The decimal digits of IsInteger(value), with a minus when it is negative.
std::string IntegerText(const Json& value);

// The double next to IsNumber(value); infinite beyond the range of doubles.
double NumberAsDouble(const Json& value);

// "null", "boolean", "number", "string", "array" or "object": a big integer is a number.
absl::string_view JsonTypeName(const Json& value);

}  // namespace orch

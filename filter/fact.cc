#include "filter/fact.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/json_number.h"

namespace orch::filter {
namespace {

// to_chars returns the fewest digits that read back as the same number, in the form d.ddde±xx; this moves the point to
// the place that the exponent tells.
std::string FloatText(double value) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value < 0 ? "-inf" : "inf";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value, std::chars_format::scientific).ptr;
  absl::string_view text(buffer, end - buffer);
  const bool negative = text.front() == '-';
  if (negative) text.remove_prefix(1);
  const size_t e = text.find('e');
  const int exponent = std::atoi(std::string(text.substr(e + 1)).c_str());
  std::string digits = absl::StrCat(text.substr(0, 1), e > 2 ? text.substr(2, e - 2) : "");
  std::string out = negative ? "-" : "";
  if (exponent < 0) return absl::StrCat(out, "0.", std::string(-exponent - 1, '0'), digits);
  const size_t integers = static_cast<size_t>(exponent) + 1;
  if (digits.size() <= integers) return absl::StrCat(out, digits, std::string(integers - digits.size(), '0'), ".0");
  return absl::StrCat(out, digits.substr(0, integers), ".", digits.substr(integers));
}

}  // namespace

std::optional<size_t> ArrayIndex(absl::string_view segment) {
  if (segment.empty() || (segment.size() > 1 && segment[0] == '0')) return std::nullopt;
  if (segment.find_first_not_of("0123456789") != absl::string_view::npos) return std::nullopt;
  uint64_t index = 0;
  if (!absl::SimpleAtoi(segment, &index)) return std::nullopt;
  return index;
}

const Json* Step(const Json& value, absl::string_view segment) {
  if (value.is_object()) {
    const auto found = value.find(std::string(segment));
    return found == value.end() ? nullptr : &*found;
  }
  if (!value.is_array()) return nullptr;
  const std::optional<size_t> index = ArrayIndex(segment);
  return index.has_value() && *index < value.size() ? &value[*index] : nullptr;
}

const Json* LookUpFact(const Json& facts, absl::string_view path) {
  if (!facts.is_object()) return nullptr;
  if (const Json* whole = Step(facts, path); whole != nullptr) return whole;
  const Json* at = &facts;
  for (const absl::string_view segment : absl::StrSplit(path, '.')) {
    at = Step(*at, segment);
    if (at == nullptr) return nullptr;
  }
  return at;
}

std::optional<std::string> FactText(const Json& value) {
  if (IsInteger(value)) return IntegerText(value);
  switch (value.type()) {
    case Json::value_t::null:
      return "";
    case Json::value_t::boolean:
      return value.get<bool>() ? "true" : "false";
    case Json::value_t::number_float:
      return FloatText(value.get<double>());
    case Json::value_t::string:
      return value.get_ref<const std::string&>();
    default:
      return std::nullopt;
  }
}

}  // namespace orch::filter

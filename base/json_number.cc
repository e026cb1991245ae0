#include "base/json_number.h"

#include <cstdint>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace orch {
namespace {

constexpr uint64_t kBigIntegerSubtype = 1;

}  // namespace

bool IsBigInteger(const Json& value) {
  if (!value.is_binary()) return false;
  const Json::binary_t& content = value.get_binary();
  return content.has_subtype() && content.subtype() == kBigIntegerSubtype;
}

bool IsInteger(const Json& value) { return value.is_number_integer() || IsBigInteger(value); }

bool IsNumber(const Json& value) { return value.is_number() || IsBigInteger(value); }

bool IsIntegerText(absl::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return !text.empty();
}

Json IntegerFromText(absl::string_view text) {
  const bool negative = text[0] == '-';
  if (negative || text[0] == '+') text.remove_prefix(1);
  while (text.size() > 1 && text[0] == '0') text.remove_prefix(1);
  const std::string digits = absl::StrCat(negative ? "-" : "", text);
  int64_t small;
  if (absl::SimpleAtoi(digits, &small)) return small;
  uint64_t large;
  if (absl::SimpleAtoi(digits, &large)) return large;
  return Json::binary(Json::binary_t::container_type(digits.begin(), digits.end()), kBigIntegerSubtype);
}

std::string IntegerText(const Json& value) {
  if (IsBigInteger(value)) return std::string(value.get_binary().begin(), value.get_binary().end());
  return value.is_number_unsigned() ? absl::StrCat(value.get<uint64_t>()) : absl::StrCat(value.get<int64_t>());
}

double NumberAsDouble(const Json& value) {
  return IsBigInteger(value) ? std::strtod(IntegerText(value).c_str(), nullptr) : value.get<double>();
}

absl::string_view JsonTypeName(const Json& value) { return IsBigInteger(value) ? "number" : value.type_name(); }

}  // namespace orch

#include "base/yaml_scalar.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/json_number.h"

namespace orch {
namespace {

// The conversion of digits of base 2, 8 or 16 costs their square, so longer numbers stay text.
constexpr size_t kMaxBasedDigits = 4096;
// Digits of a part of a sexagesimal number; its value then fits into 64 bits.
constexpr size_t kMaxSexagesimalDigits = 12;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

bool AllIn(absl::string_view text, absl::string_view allowed) {
  return text.find_first_not_of(allowed) == absl::string_view::npos;
}

std::string WithoutSeparators(absl::string_view text) { return absl::StrReplaceAll(text, {{",", ""}, {"_", ""}}); }

bool TakeSign(absl::string_view* text) {
  const bool negative = absl::StartsWith(*text, "-");
  if (negative || absl::StartsWith(*text, "+")) text->remove_prefix(1);
  return negative;
}

// [0-9][0-9_,]*
bool IsSeparatedNumber(absl::string_view text, absl::string_view separators) {
  return !text.empty() && IsDigit(text[0]) && AllIn(text, absl::StrCat("0123456789", separators));
}

// Digits of `base` as decimal digits.
std::string Decimal(absl::string_view digits, int base) {
  constexpr uint32_t kLimb = 1'000'000'000;
  std::vector<uint32_t> limbs = {0};  // the lowest first
  for (const char c : digits) {
    uint64_t carry = IsDigit(c) ? c - '0' : absl::ascii_tolower(c) - 'a' + 10;
    for (uint32_t& limb : limbs) {
      carry += static_cast<uint64_t>(limb) * base;
      limb = carry % kLimb;
      carry /= kLimb;
    }
    if (carry > 0) limbs.push_back(carry);
  }
  std::string out = absl::StrCat(limbs.back());
  for (size_t i = limbs.size() - 1; i-- > 0;) absl::StrAppend(&out, absl::Dec(limbs[i], absl::kZeroPad9));
  return out;
}

// [-+]?0b[01_,]+, [-+]?0[0-7_,]+ and [-+]?0x[0-9a-fA-F_,]+.
std::optional<Json> Based(absl::string_view text) {
  const bool negative = TakeSign(&text);
  if (!absl::ConsumePrefix(&text, "0") || text.empty()) return std::nullopt;
  int base = 8;
  absl::string_view allowed = "01234567,_";
  if (absl::ConsumePrefix(&text, "b")) {
    base = 2;
    allowed = "01,_";
  } else if (absl::ConsumePrefix(&text, "x")) {
    base = 16;
    allowed = "0123456789abcdefABCDEF,_";
  }
  const std::string digits = WithoutSeparators(text);
  if (!AllIn(text, allowed) || digits.size() > kMaxBasedDigits) return std::nullopt;
  if (digits.empty() && base != 8) return std::nullopt;
  return IntegerFromText(absl::StrCat(negative ? "-" : "", Decimal(digits, base)));
}

// [-+]?(0|[1-9]([0-9]|,[0-9]|_[0-9])*)
std::optional<Json> Whole(absl::string_view text) {
  const absl::string_view written = text;
  TakeSign(&text);
  if (!IsSeparatedNumber(text, ",_") || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  for (size_t i = 1; i < text.size(); ++i) {
    if (!IsDigit(text[i]) && (i + 1 == text.size() || !IsDigit(text[i + 1]))) return std::nullopt;
  }
  return IntegerFromText(WithoutSeparators(written));
}

// [-+]?([0-9][0-9_,]*)?\.[0-9]*([eE][-+][0-9]+)?, with a digit somewhere before the exponent.
std::optional<Json> Real(absl::string_view text) {
  const std::string written = WithoutSeparators(text);
  TakeSign(&text);
  const size_t dot = text.find('.');
  if (dot == absl::string_view::npos || (dot > 0 && !IsSeparatedNumber(text.substr(0, dot), ",_"))) return std::nullopt;
  absl::string_view rest = text.substr(dot + 1);
  const size_t fraction = std::min(rest.find_first_not_of("0123456789"), rest.size());
  rest.remove_prefix(fraction);
  if (dot + fraction == 0) return std::nullopt;
  if (!rest.empty()) {
    const absl::string_view digits = rest.substr(std::min<size_t>(2, rest.size()));
    const bool exponent = (rest[0] == 'e' || rest[0] == 'E') && rest.size() > 2 && (rest[1] == '-' || rest[1] == '+');
    if (!exponent || !AllIn(digits, "0123456789")) return std::nullopt;
  }
  double value;
  if (!absl::SimpleAtod(written, &value) || !std::isfinite(value)) return std::nullopt;
  return Json(value);
}

// [-+]?[0-9][0-9_]*(:[0-5]?[0-9]){1,2}(\.[0-9_]*)?, hours first: 12:30 is 45000 (seconds).
std::optional<Json> Sexagesimal(absl::string_view text) {
  if (!absl::StrContains(text, ':')) return std::nullopt;
  const size_t dot = text.find('.');
  const bool real = dot != absl::string_view::npos;
  const std::vector<absl::string_view> parts = absl::StrSplit(text.substr(0, dot), ':');
  if (parts.size() > 3 || (real && !AllIn(text.substr(dot + 1), "0123456789_"))) return std::nullopt;
  absl::string_view first = parts[0];
  TakeSign(&first);
  if (!IsSeparatedNumber(first, "_") || absl::StrContains(first, "__")) return std::nullopt;
  constexpr int64_t kSeconds[] = {3600, 60, 1};
  int64_t whole = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    const std::string digits = WithoutSeparators(parts[i]);
    int64_t number;
    if (digits.size() > kMaxSexagesimalDigits || !absl::SimpleAtoi(digits, &number)) return std::nullopt;
    if (i > 0 && (parts[i].size() > 2 || !AllIn(parts[i], "0123456789") || number > 59)) return std::nullopt;
    whole += number * kSeconds[i];  // NOLINT(clang-analyzer-core.UndefinedBinaryOperatorResult): at most 3 parts
  }
  if (!real) return Json(whole);
  double fraction = 0;
  const std::string digits = WithoutSeparators(text.substr(dot + 1));
  if (!digits.empty() && !absl::SimpleAtod(absl::StrCat("0.", digits), &fraction)) return std::nullopt;
  return Json(static_cast<double>(whole) + fraction * static_cast<double>(kSeconds[parts.size() - 1]));
}

}  // namespace

absl::string_view YamlSymbolName(absl::string_view text) {
  if (text.size() < 2 || !absl::ConsumePrefix(&text, ":")) return {};
  const char first = text[0];
  if (first == '"' || first == '\'') {
    return text.size() > 2 && text.back() == first ? text.substr(1, text.size() - 2) : absl::string_view();
  }
  return absl::ascii_isalpha(static_cast<unsigned char>(first)) || first == '_' ? text : absl::string_view();
}

Json ResolveYamlScalar(absl::string_view text) {
  const std::string word = absl::AsciiStrToLower(text.substr(0, 6));
  if (text.empty() || text == "~" || word == "null") return nullptr;
  if (word == "true" || word == "yes" || word == "on") return true;
  if (word == "false" || word == "no" || word == "off") return false;
  if (const absl::string_view symbol = YamlSymbolName(text); !symbol.empty()) return std::string(symbol);
  if (!absl::StrContains(text, '\n')) {
    for (const auto& resolve : {Sexagesimal, Real, Based, Whole}) {
      if (const std::optional<Json> number = resolve(text)) return *number;
    }
  }
  return std::string(text);
}

}  // namespace orch

#include "cli/options/name_range.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/status_macros.h"

namespace orch::cli {
namespace {

constexpr size_t kMaxDigits = 18;  // every number of this length fits in 64 bits

bool IsNumber(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxDigits &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isdigit(c); });
}

// Whether `item` is a number or a range, such as "7" or "01-20".
bool IsItem(absl::string_view item) {
  const size_t dash = item.find('-');
  if (dash == absl::string_view::npos) return IsNumber(item);
  return IsNumber(item.substr(0, dash)) && IsNumber(item.substr(dash + 1));
}

bool IsList(absl::string_view list) {
  const std::vector<absl::string_view> items = absl::StrSplit(list, ',');
  return std::all_of(items.begin(), items.end(), IsItem);
}

absl::Status TooMany(absl::string_view range) {
  return absl::InvalidArgumentError(
      absl::StrCat("-I '", range, "': name ranges may name at most ", kMaxRangeNames, " nodes; narrow it"));
}

absl::StatusOr<std::vector<std::string>> Numbers(absl::string_view list, absl::string_view range) {
  std::vector<std::string> numbers;
  for (const absl::string_view item : absl::StrSplit(list, ',')) {
    const size_t dash = item.find('-');
    if (dash == absl::string_view::npos) {
      numbers.emplace_back(item);
      continue;
    }
    const absl::string_view first = item.substr(0, dash);
    uint64_t low = 0;
    uint64_t high = 0;
    if (!absl::SimpleAtoi(first, &low) || !absl::SimpleAtoi(item.substr(dash + 1), &high) || high < low) {
      return absl::InvalidArgumentError(
          absl::StrCat("-I '", range, "': the range ", item, " runs backwards; write the smaller number first"));
    }
    if (high - low >= kMaxRangeNames - std::min(numbers.size(), kMaxRangeNames)) return TooMany(range);
    for (uint64_t number = low; number <= high; ++number)
      numbers.push_back(absl::StrFormat("%0*d", static_cast<int>(first.size()), number));
  }
  return numbers;
}

// Whether a comparison such as "role=" has no value; only for operators that can compare with the empty text.
bool HasNoValue(absl::string_view text) {
  const size_t at = text.find_first_of("=<>!~");
  if (at == absl::string_view::npos) return false;
  const absl::string_view rest = absl::StripTrailingAsciiWhitespace(text.substr(at));
  return rest == "=" || rest == "==" || rest == "!=";
}

}  // namespace

bool IsNameRange(absl::string_view text) {
  if (absl::StartsWith(text, "/") || !absl::StrContains(text, '[')) return false;
  std::string plain;  // the text with a digit in place of each bracket
  while (!text.empty()) {
    const size_t open = text.find('[');
    absl::StrAppend(&plain, text.substr(0, open));
    if (open == absl::string_view::npos) break;
    const size_t close = text.find(']', open);
    if (close == absl::string_view::npos || !IsList(text.substr(open + 1, close - open - 1))) return false;
    plain += '0';
    text.remove_prefix(close + 1);
  }
  return filter::IsIdentity(plain);
}

absl::StatusOr<std::vector<std::string>> ExpandNameRange(absl::string_view text) {
  std::vector<std::string> names(1);
  for (absl::string_view rest = text; !rest.empty();) {
    const size_t open = rest.find('[');
    for (std::string& name : names) absl::StrAppend(&name, rest.substr(0, open));
    if (open == absl::string_view::npos) break;
    const size_t close = rest.find(']', open);
    ORCH_ASSIGN_OR_RETURN(const std::vector<std::string> numbers,
                          Numbers(rest.substr(open + 1, close - open - 1), text));
    if (names.size() * numbers.size() > kMaxRangeNames) return TooMany(text);
    std::vector<std::string> longer;
    for (const std::string& name : names) {
      for (const std::string& number : numbers) longer.push_back(absl::StrCat(name, number));
    }
    names = std::move(longer);
    rest.remove_prefix(close + 1);
  }
  return names;
}

absl::StatusOr<std::vector<filter::Option>> ExpandFilter(absl::Span<const filter::Option> options) {
  std::vector<filter::Option> written;
  size_t named = 0;
  for (const filter::Option& option : options) {
    if (option.kind == filter::OptionKind::kFact && HasNoValue(option.text)) {
      written.push_back({option.kind, absl::StrCat(option.text, "\"\"")});
    } else if (option.kind == filter::OptionKind::kIdentity && IsNameRange(option.text)) {
      ORCH_ASSIGN_OR_RETURN(const std::vector<std::string> names, ExpandNameRange(option.text));
      named += names.size();
      if (named > kMaxRangeNames) return TooMany(option.text);
      for (const std::string& name : names) written.push_back({option.kind, name});
    } else {
      written.push_back(option);
    }
  }
  return written;
}

}  // namespace orch::cli

#include "actions/ddl/printf_format.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdlib>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "base/json_number.h"

namespace orch::ddl {
namespace {

constexpr int kMaxWidth = 200;
constexpr int kMaxPrecision = 20;

double ArgumentNumber(const Json& value) {
  if (IsNumber(value)) return NumberAsDouble(value);
  double number = 0;
  if (value.is_string() && absl::SimpleAtod(value.get<std::string>(), &number) && std::isfinite(number)) return number;
  return 0;
}

std::string AsText(const Json& value) { return value.is_string() ? value.get<std::string>() : DumpJson(value); }

struct Conversion {
  bool left = false, zero = false, plus = false;
  int width = 0;
  int precision = -1;
  char type = 0;    // 0: none
  size_t size = 0;  // of its text, the percent sign included
};

int ReadNumber(absl::string_view format, size_t* at, int limit) {
  int number = 0;
  while (*at < format.size() && absl::ascii_isdigit(format[*at])) {
    number = std::min(limit, number * 10 + (format[(*at)++] - '0'));
  }
  return number;
}

Conversion ReadConversion(absl::string_view format) {
  Conversion found;
  size_t at = 1;
  for (; at < format.size(); ++at) {
    if (format[at] == '-') {
      found.left = true;
    } else if (format[at] == '0') {
      found.zero = true;
    } else if (format[at] == '+') {
      found.plus = true;
    } else {
      break;
    }
  }
  found.width = ReadNumber(format, &at, kMaxWidth);
  if (at < format.size() && format[at] == '.') {
    ++at;
    found.precision = ReadNumber(format, &at, kMaxPrecision);
  }
  if (at < format.size() && absl::string_view("sdif").find(format[at]) != absl::string_view::npos) {
    found.type = format[at];
    found.size = at + 1;
  }
  return found;
}

std::string FormattedNumber(const Conversion& conversion, const Json& value) {
  std::string digits;
  if (conversion.type == 'f') {
    digits = absl::StrFormat("%.*f", conversion.precision < 0 ? 6 : conversion.precision, ArgumentNumber(value));
  } else if (IsInteger(value)) {
    digits = IntegerText(value);
  } else {
    digits = absl::StrFormat("%.0f", std::trunc(ArgumentNumber(value)));
  }
  if (conversion.plus && digits[0] != '-') digits.insert(0, "+");
  const size_t width = conversion.width;
  if (conversion.zero && !conversion.left && digits.size() < width) {
    digits.insert(absl::ascii_isdigit(digits[0]) ? 0 : 1, width - digits.size(), '0');
  }
  return digits;
}

std::string Convert(const Conversion& conversion, const Json& value) {
  std::string text = conversion.type == 's' ? AsText(value) : FormattedNumber(conversion, value);
  const size_t shown = std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
  if (shown >= static_cast<size_t>(conversion.width)) return text;
  const std::string padding(conversion.width - shown, ' ');
  return conversion.left ? absl::StrCat(text, padding) : absl::StrCat(padding, text);
}

}  // namespace

std::string FormatValues(absl::string_view format, const std::vector<Json>& values) {
  std::string out;
  size_t next = 0;
  while (!format.empty()) {
    const size_t percent = format.find('%');
    absl::StrAppend(&out, format.substr(0, percent));
    if (percent == absl::string_view::npos) break;
    format.remove_prefix(percent);
    if (format.size() > 1 && format[1] == '%') {
      out.push_back('%');
      format.remove_prefix(2);
      continue;
    }
    const Conversion conversion = ReadConversion(format);
    if (conversion.type == 0 || next == values.size()) {
      out.push_back('%');
      format.remove_prefix(1);
      continue;
    }
    out.append(Convert(conversion, values[next++]));
    format.remove_prefix(conversion.size);
  }
  return out;
}

}  // namespace orch::ddl

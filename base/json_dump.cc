// Writes a Json value as text.
#include <algorithm>
#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "base/json.h"
#include "base/json_number.h"

namespace orch {
namespace {

bool HoldsBigInteger(const Json& value) {
  if (!value.is_structured()) return IsBigInteger(value);
  return std::any_of(value.begin(), value.end(), HoldsBigInteger);
}

// Writes the text of dump(), but big integers as numbers.
void Write(const Json& value, int indent, size_t level, std::string* out) {
  if (IsBigInteger(value)) {
    absl::StrAppend(out, IntegerText(value));
    return;
  }
  if (!HoldsBigInteger(value)) {
    // dump() cannot begin at a deeper level.
    const std::string text = DumpJson(value, indent);
    const std::string margin = absl::StrCat("\n", std::string(indent > 0 ? level * indent : 0, ' '));
    absl::StrAppend(out, indent < 0 ? text : absl::StrReplaceAll(text, {{"\n", margin}}));
    return;
  }
  const auto line = [&](size_t depth) {
    if (indent >= 0) absl::StrAppend(out, "\n", std::string(depth * indent, ' '));
  };
  absl::StrAppend(out, value.is_object() ? "{" : "[");
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) absl::StrAppend(out, ",");
    first = false;
    line(level + 1);
    if (value.is_object()) absl::StrAppend(out, DumpJson(Json(item.key())), indent < 0 ? ":" : ": ");
    Write(item.value(), indent, level + 1, out);
  }
  line(level);
  absl::StrAppend(out, value.is_object() ? "}" : "]");
}

}  // namespace

std::string DumpJson(const Json& value, int indent) {
  if (!HoldsBigInteger(value)) return value.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  std::string out;
  Write(value, indent, 0, &out);
  return out;
}

}  // namespace orch

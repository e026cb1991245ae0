#include "cli/terminal/value_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cli/terminal/style.h"

namespace orch::cli {
namespace {

std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\x1b':
        out += "\\e";
        break;
      default:
        out += c;
    }
  }
  return absl::StrCat(Printable(out), "\"");
}

std::string Scalar(const Json& value) {
  if (value.is_null()) return "nil";
  if (value.is_string()) return Quoted(value.get_ref<const std::string&>());
  return DumpJson(value);
}

void AppendInline(const Json& value, std::string* out) {
  if (!value.is_structured()) {
    *out += Scalar(value);
    return;
  }
  *out += value.is_object() ? "{" : "[";
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) *out += ", ";
    first = false;
    if (value.is_object()) absl::StrAppend(out, Quoted(item.key()), "=>");
    AppendInline(item.value(), out);
  }
  *out += value.is_object() ? "}" : "]";
}

// `column` is the column in which the value begins.
void AppendPretty(const Json& value, size_t column, size_t width, std::string* out) {
  const std::string line = InlineValue(value);
  if (!value.is_structured() || value.empty() || column + DisplayWidth(line) <= width) {
    *out += line;
    return;
  }
  *out += value.is_object() ? "{" : "[";
  bool first = true;
  for (const auto& item : value.items()) {
    if (!first) absl::StrAppend(out, ",\n", std::string(column + 1, ' '));
    first = false;
    if (!value.is_object()) {
      AppendPretty(item.value(), column + 1, width, out);
      continue;
    }
    const std::string key = absl::StrCat(Quoted(item.key()), "=>");
    *out += key;
    const bool fits = !item.value().is_structured() ||
                      column + 1 + DisplayWidth(key) + DisplayWidth(InlineValue(item.value())) < width;
    if (!fits) absl::StrAppend(out, "\n", std::string(column + 2, ' '));
    AppendPretty(item.value(), fits ? column + 1 + DisplayWidth(key) : column + 2, width, out);
  }
  *out += value.is_object() ? "}" : "]";
}

}  // namespace

std::string InlineValue(const Json& value) {
  std::string out;
  AppendInline(value, &out);
  return out;
}

std::string PrettyValue(const Json& value, size_t width) {
  std::string out;
  AppendPretty(value, 0, width, &out);
  return out;
}

std::string DisplayValue(const Json& value) {
  if (value.is_null()) return "";
  if (value.is_string()) return Printable(value.get_ref<const std::string&>());
  return InlineValue(value);
}

std::string DisplayBlock(const Json& value, size_t indent) {
  if (value.is_string()) return PrintableBlock(value.get_ref<const std::string&>(), indent);
  return value.is_structured() ? IndentRest(PrettyValue(value), indent) : DisplayValue(value);
}

std::string IndentRest(absl::string_view text, size_t indent) {
  return absl::StrReplaceAll(text, {{"\n", absl::StrCat("\n", std::string(indent, ' '))}});
}

std::string IndentAll(absl::string_view text, size_t indent) {
  return absl::StrCat(std::string(indent, ' '), IndentRest(text, indent));
}

}  // namespace orch::cli

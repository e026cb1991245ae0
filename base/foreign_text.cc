#include "base/foreign_text.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/utf8.h"

namespace orch {
namespace {

struct Range {
  char32_t first, last;
};

// Unicode's categories Cc, Zl and Zp, the invisible ones of Cf, and letters that are blank
// (Default_Ignorable_Code_Point without the variation selectors, which only choose a glyph).
constexpr Range kHidden[] = {{0x00, 0x1F},       {0x7F, 0x9F},       {0xAD, 0xAD},      {0x34F, 0x34F},
                             {0x61C, 0x61C},     {0x115F, 0x1160},   {0x17B4, 0x17B5},  {0x180B, 0x180F},
                             {0x200B, 0x200F},   {0x2028, 0x202E},   {0x2060, 0x206F},  {0x3164, 0x3164},
                             {0xFEFF, 0xFEFF},   {0xFFA0, 0xFFA0},   {0xFFF0, 0xFFFB},  {0x1BCA0, 0x1BCA3},
                             {0x1D173, 0x1D17A}, {0xE0000, 0xE00FF}, {0xE01F0, 0xE0FFF}};

bool IsPlainAscii(char c) { return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F; }

void AppendNumber(const Character& character, std::string* out) {
  if (!character.valid || character.code < 0x100) {
    absl::StrAppendFormat(out, "\\x%02x", static_cast<uint32_t>(character.code));
  } else if (character.code < 0x10000) {
    absl::StrAppendFormat(out, "\\u%04x", static_cast<uint32_t>(character.code));
  } else {
    absl::StrAppendFormat(out, "\\U%08x", static_cast<uint32_t>(character.code));
  }
}

// Appends the next character to `out` in a harmless form; returns its number of bytes.
size_t AppendNext(absl::string_view text, std::string* out) {
  const Character character = FirstCharacter(text);
  if (character.valid && IsPlainCharacter(character.code)) {
    out->append(text.data(), character.bytes);
  } else {
    AppendNumber(character, out);
  }
  return character.bytes;
}

const char* ShortName(char c) { return c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : nullptr; }

void AppendLine(absl::string_view text, absl::string_view to_escape, std::string* out) {
  out->reserve(out->size() + text.size());
  for (size_t i = 0; i < text.size();) {
    if (const char* const name = ShortName(text[i])) {
      out->append(name);
      ++i;
    } else {
      if (to_escape.find(text[i]) != absl::string_view::npos) out->push_back('\\');
      i += AppendNext(text.substr(i), out);
    }
  }
}

void AppendJsonEscape(char32_t code, std::string* out) {
  const auto unit = [out](char32_t value) { absl::StrAppendFormat(out, "\\u%04x", static_cast<uint32_t>(value)); };
  if (code < 0x10000) return unit(code);
  unit(0xD800 + ((code - 0x10000) >> 10));
  unit(0xDC00 + ((code - 0x10000) & 0x3FF));
}

}  // namespace

bool IsPlainCharacter(char32_t code) {
  const auto range = std::lower_bound(std::begin(kHidden), std::end(kHidden), code,
                                      [](const Range& one, char32_t wanted) { return one.last < wanted; });
  return range == std::end(kHidden) || code < range->first;
}

std::string Printable(absl::string_view text) {
  if (std::all_of(text.begin(), text.end(), IsPlainAscii)) return std::string(text);
  std::string out;
  AppendLine(text, "", &out);
  return out;
}

std::string PrintableBlock(absl::string_view text, size_t indent) {
  std::string out;
  for (bool first = true; first || !text.empty(); first = false) {
    const size_t end = std::min(text.find('\n'), text.size());
    absl::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!first) absl::StrAppend(&out, "\n", std::string(line.empty() ? 0 : indent, ' '));
    for (size_t i = 0; i < line.size();) {
      if (line[i] == '\t') {
        out.push_back(line[i++]);
      } else {
        i += AppendNext(line.substr(i), &out);
      }
    }
  }
  return out;
}

void AppendLogText(absl::string_view text, bool quoted, std::string* out) {
  AppendLine(text, quoted ? "\"\\" : "", out);
}

std::string PrintableJson(const Json& value, int indent) {
  const std::string json = DumpJson(value, indent);
  // Outside strings, only our own indentation has line breaks and blanks.
  const auto is_plain = [](char c) { return IsPlainAscii(c) || c == '\n'; };
  if (std::all_of(json.begin(), json.end(), is_plain)) return json;
  std::string out;
  out.reserve(json.size() + json.size() / 8);
  for (size_t i = 0; i < json.size();) {
    const Character character = FirstCharacter(absl::string_view(json).substr(i));
    if (json[i] == '\n' || IsPlainCharacter(character.code)) {
      out.append(json, i, character.bytes);
    } else {
      AppendJsonEscape(character.code, &out);
    }
    i += character.bytes;
  }
  return out;
}

}  // namespace orch

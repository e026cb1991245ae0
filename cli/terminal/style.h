// MCollective's colours, if they are wanted, and names in columns. Pure.
#pragma once

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/foreign_text.h"
#include "cli/terminal/display_width.h"

namespace orch::cli {

// Colours text, or returns it unchanged if `color` is false.
struct Style {
  bool color = false;

  std::string Red(absl::string_view text) const { return Paint("31", text); }
  std::string Green(absl::string_view text) const { return Paint("32", text); }
  std::string Yellow(absl::string_view text) const { return Paint("33", text); }
  std::string Bold(absl::string_view text) const { return Paint("1", text); }

 private:
  std::string Paint(absl::string_view code, absl::string_view text) const {
    return color ? absl::StrCat("\x1b[", code, "m", text, "\x1b[0m") : std::string(text);
  }
};

// Prints `names` in MCollective's columns: `per_line` names per line, each made printable and
// padded to `width`, after `indent` blanks.
template <typename Container>
std::string InColumns(const Container& names, size_t indent, size_t width, size_t per_line) {
  std::string out;
  size_t in_line = 0;
  for (const auto& name : names) {
    out += in_line == 0 ? std::string(indent, ' ') : " ";
    out += PadRight(Printable(name), width);
    if (++in_line == per_line) {
      out += "\n";
      in_line = 0;
    }
  }
  if (in_line > 0) {
    for (; in_line < per_line; ++in_line) out += std::string(width + 1, ' ');
    out += "\n";
  }
  return out;
}

}  // namespace orch::cli

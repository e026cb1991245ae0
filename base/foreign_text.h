// Makes text of others (nodes, files, DDLs, replies, peers) safe to show on a terminal, in a log or in a JSON document.
// All such text passes through these functions, so that its author can neither control the terminal, nor reverse the
// text, nor hide a part of it, nor imitate the line of another node. Pure.
//
// These characters are shown by their number: control characters (C0, DEL, C1), characters that change the direction
// of text, zero-width and other invisible characters, line and paragraph separators (`\x1b`, `\u202e`), and bytes that
// are not UTF-8 (`\xff`).
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch {

// Whether a terminal shows the character and does nothing else. True for a blank, false for a newline and a tab.
bool IsPlainCharacter(char32_t code);

// Text for one line: line breaks and tabs become `\n`, `\r`, `\t`.
std::string Printable(absl::string_view text);

// Text for a block of lines: line breaks and tabs stay, and every line but the first is indented by `indent` blanks, so
// that no line can imitate one of another author. A final line break is dropped.
std::string PrintableBlock(absl::string_view text, size_t indent);

// Appends the value of a field of the log. With `quoted`, the text escapes the quotes that it contains.
void AppendLogText(absl::string_view text, bool quoted, std::string* out);

// JSON text of the same value, with these characters as \uXXXX. Bytes that are not UTF-8 become U+FFFD, so the function
// never fails. A negative `indent` means one line. For people, files and logs; the wire uses DumpJson.
std::string PrintableJson(const Json& value, int indent = -1);

}  // namespace orch

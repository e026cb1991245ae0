// Text that others wrote (nodes, files, DDLs, replies, peers) on its way to a terminal, a log or a
// JSON document. All of it goes through here: whoever wrote it can neither steer the terminal, nor turn
// the text around, nor hide a part of it, nor make a line that looks like another node's. Pure.
//
// Shown with its number instead of as itself is every control character (C0, DEL, C1), everything that
// changes the direction of text, zero-width and other invisible characters, line and paragraph
// separators (`\x1b`, `\u202e`), and every byte that is not UTF-8 (`\xff`).
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"

namespace orch {

// What a terminal shows as a character, and nothing else happens. Blanks are, newline and tab are not.
bool IsPlainCharacter(char32_t code);

// For one line: line breaks and tabs become `\n`, `\r`, `\t`.
std::string Printable(absl::string_view text);

// For a block: line breaks and tabs stay, and every line but the first begins with `indent` blanks, so
// that none can pass for a line of somebody else. A final line break is left out.
std::string PrintableBlock(absl::string_view text, size_t indent);

// For the value of a log's field; within quotes nothing ends them.
void AppendLogText(absl::string_view text, bool quoted, std::string* out);

// JSON of the same value, with such characters as \uXXXX; bytes that are not UTF-8 become U+FFFD, so it
// never fails. `indent` below 0: on one line. For people, files and logs; the wire has DumpJson.
std::string PrintableJson(const Json& value, int indent = -1);

}  // namespace orch

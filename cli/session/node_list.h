// Lists of nodes from files and pipes: text (one a line, # comments), JSON (array of names or of
// objects with sender, certname or identity; an object with replies or nodes), JSON lines, YAML.
// A list never turns into "everything": an empty one is an error. When standard input is a list
// and when not: docs/decisions (node lists on standard input).
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "cli/terminal/environment.h"

namespace orch::cli {

inline constexpr size_t kMaxNodeListBytes = 4u << 20;
inline constexpr size_t kMaxListedNodes = 100'000;

// In order, each once. InvalidArgument names `source`, the line or entry, and the fix.
absl::StatusOr<std::vector<std::string>> ParseNodeList(absl::string_view text, const std::string& source);

absl::StatusOr<std::vector<std::string>> ReadNodeFile(const std::string& path);

// Whether standard input is one to read a list from: a pipe, a socket or a regular file. Not a
// terminal, not /dev/null or another device, not a closed descriptor.
bool StdinIsList(const Environment& env);

// Reads standard input to its end. After a second without data a note on env.err says what is
// waited for. Cancelled by the interrupt.
absl::StatusOr<std::vector<std::string>> ReadNodesFromStdin(const Environment& env);

}  // namespace orch::cli

// Lists of nodes from files and pipes: text (one name per line, # for comments), JSON (an array of
// names or of objects with sender, certname or identity; an object with replies or nodes), JSON
// lines, or YAML. An empty list is an error: it never means all nodes. docs/decisions says when
// standard input is taken as a list.
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

// Returns the names in order, each once. InvalidArgument names `source`, the line or entry, and the
// remedy.
absl::StatusOr<std::vector<std::string>> ParseNodeList(absl::string_view text, const std::string& source);

// Reads and parses the file `path`; NotFound if it does not exist.
absl::StatusOr<std::vector<std::string>> ReadNodeFile(const std::string& path);

// Whether standard input can hold a list: it is a pipe, a socket or a regular file, and neither a
// terminal, nor a device such as /dev/null, nor closed.
bool StdinIsList(const Environment& env);

// Reads standard input to its end. After a second without data, a note on env.err says that a list
// is awaited. Cancelled after Ctrl-C.
absl::StatusOr<std::vector<std::string>> ReadNodesFromStdin(const Environment& env);

}  // namespace orch::cli

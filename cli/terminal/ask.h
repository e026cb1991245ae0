// Reads what a person gives instead of a word on the command line: a line typed at the terminal, or
// a whole file or pipe. Blocks the calling thread; only one may read the terminal.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "cli/terminal/environment.h"

namespace orch::cli {

inline constexpr size_t kMaxTypedBytes = 64u << 10;

// Reads a line and returns it without its end. With `secret` the terminal does not echo; the echo
// is restored in every case. Cancelled after Ctrl-C, FailedPrecondition if the input ends first.
absl::StatusOr<std::string> ReadTerminalLine(const Environment& env, bool secret);

// Reads `fd`, of any kind, to its end. ResourceExhausted beyond `most` bytes, Cancelled after
// Ctrl-C. The messages name `what`.
absl::StatusOr<std::string> ReadToEnd(const Environment& env, int fd, size_t most, const std::string& what);

}  // namespace orch::cli

// A line from whoever sits at the terminal, and all of a file or pipe: what a person gives instead of a word
// on the command line. One thread.
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "cli/terminal/environment.h"

namespace orch::cli {

inline constexpr size_t kMaxTypedBytes = 64u << 10;

// Up to the end of the line, which is left out. `secret`: what is typed is not shown. Cancelled after Ctrl-C
// (the terminal shows again what is typed), FailedPrecondition when the input ends first.
absl::StatusOr<std::string> ReadTerminalLine(const Environment& env, bool secret);

// Everything up to the end of `fd`, regular file or not. ResourceExhausted beyond `most` bytes; `what` is in the
// messages. Cancelled after Ctrl-C.
absl::StatusOr<std::string> ReadToEnd(const Environment& env, int fd, size_t most, const std::string& what);

}  // namespace orch::cli

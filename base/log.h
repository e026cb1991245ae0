// The log of this process: lines of text or JSON on standard error, which systemd's journal keeps, or in a file.
// Thread-safe. A message never holds a secret: neither a key, a PSK nor an input that is marked sensitive.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch {

enum class LogLevel { kDebug, kInfo, kWarning, kError, kOff };

// "debug", "info", "warning", "error", "off".
absl::Status ParseLogLevel(absl::string_view text, LogLevel* level);

// Sets the least level, the form and the place of all further lines; an empty `file` means standard error. A missing
// file is created with mode 0600, and so is its folder. An error leaves the log unchanged. Before the first call the
// log writes warnings and errors as text to standard error.
absl::Status InitLog(LogLevel level, bool json, const std::string& file);

// Opens the log's file again after another program has renamed it. An error leaves the log unchanged.
absl::Status ReopenLog();

// Writes one line: the message, then the fields as key=value or as JSON members. A line that cannot be written, because
// the disk is full, is dropped, and the next line that can be written tells how many were dropped. Lines of one message
// above the level debug are limited to LogRate::kMostLines in a window, so that neither a fleet nor a stranger fills
// the disk; the varying parts of a message therefore belong in its fields.
using LogFields = std::vector<std::pair<absl::string_view, std::string>>;
void Log(LogLevel level, absl::string_view message, const LogFields& fields = {});
inline void LogDebug(absl::string_view message, const LogFields& fields = {}) {
  Log(LogLevel::kDebug, message, fields);
}
inline void LogInfo(absl::string_view message, const LogFields& fields = {}) { Log(LogLevel::kInfo, message, fields); }
inline void LogWarning(absl::string_view message, const LogFields& fields = {}) {
  Log(LogLevel::kWarning, message, fields);
}
inline void LogError(absl::string_view message, const LogFields& fields = {}) {
  Log(LogLevel::kError, message, fields);
}
bool LogEnabled(LogLevel level);

}  // namespace orch

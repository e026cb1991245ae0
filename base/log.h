// One log for a process: text or JSON lines on standard error (systemd's journal keeps them) or a
// file. Never a secret: keys, PSKs and inputs marked sensitive have no business in a message.
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

// `file` empty: standard error. A file that is not there is made, with its folder, and mode 0600. On error the log
// stays as it was. Without a call: warnings as text.
absl::Status InitLog(LogLevel level, bool json, const std::string& file);

// Opens the log's file anew, after another program has renamed it. On error the log stays as it was.
absl::Status ReopenLog();

// Key-value pairs follow the message as key=value or as JSON members. Thread-safe, never blocks on
// a full disk (the line is dropped and counted). Of one message above debug at most LogRate::kMostLines are
// written in a window, so that neither a fleet nor a stranger fills the disk: what varies belongs in fields.
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

#include "base/log.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/foreign_text.h"
#include "base/log_rate.h"
#include "base/log_sink.h"
#include "base/mutex.h"
#include "base/status_macros.h"

namespace orch {
namespace {

std::atomic<int> log_threshold{static_cast<int>(LogLevel::kWarning)};

constexpr std::pair<absl::string_view, LogLevel> kLevels[] = {{"debug", LogLevel::kDebug},
                                                              {"info", LogLevel::kInfo},
                                                              {"warning", LogLevel::kWarning},
                                                              {"error", LogLevel::kError},
                                                              {"off", LogLevel::kOff}};

absl::string_view LevelName(LogLevel level) {
  for (const auto& [name, value] : kLevels) {
    if (value == level) return name;
  }
  return "off";
}

// The destination of the lines and their form. Immutable.
struct Target {
  bool json = false;
  std::string file;  // empty: standard error
  std::unique_ptr<LogSink> sink = std::make_unique<LogSink>();
};
Mutex target_mu;
std::shared_ptr<Target>& TargetLocked() {
  static auto* const target = new std::shared_ptr<Target>(std::make_shared<Target>());
  return *target;
}
std::shared_ptr<Target> TheTarget() {
  MutexLock lock(&target_mu);
  return TargetLocked();
}

std::atomic<uint64_t> dropped_lines{0};  // since the last line that told of them

// Values with other characters, such as a wide blank, are quoted, so that a value cannot imitate further fields.
bool IsBareCharacter(char c) { return c > ' ' && c < 0x7f && c != '"'; }

std::string TextLine(LogLevel level, absl::string_view time, absl::string_view message, const LogFields& fields) {
  std::string line = absl::StrCat(time, " ", LevelName(level), " ");
  AppendLogText(message, /*quoted=*/false, &line);
  for (const auto& [key, value] : fields) {
    absl::StrAppend(&line, " ", key, "=");
    const bool quote = value.empty() || !std::all_of(value.begin(), value.end(), IsBareCharacter);
    if (quote) line.push_back('"');
    AppendLogText(value, quote, &line);
    if (quote) line.push_back('"');
  }
  return line;
}

std::string JsonLine(LogLevel level, absl::string_view time, absl::string_view message, const LogFields& fields) {
  std::string line = absl::StrCat(R"({"time":")", time, R"(","level":")", LevelName(level), R"(","message":)",
                                  PrintableJson(std::string(message)));
  for (const auto& [key, value] : fields) absl::StrAppend(&line, ",\"", key, "\":", PrintableJson(value));
  line.push_back('}');
  return line;
}

bool WriteTo(const Target& target, LogLevel level, absl::string_view message, const LogFields& fields) {
  static const absl::TimeZone zone = absl::LocalTimeZone();
  const std::string time = absl::FormatTime("%Y-%m-%dT%H:%M:%E3S%Ez", SystemClock().Now(), zone);
  return target.sink->Write(target.json ? JsonLine(level, time, message, fields)
                                        : TextLine(level, time, message, fields));
}

void WriteLine(LogLevel level, absl::string_view message, const LogFields& fields) {
  const std::shared_ptr<Target> target = TheTarget();
  const uint64_t dropped = dropped_lines.exchange(0);
  if (dropped > 0 &&
      !WriteTo(*target, LogLevel::kWarning, "log lines could not be written", {{"count", absl::StrCat(dropped)}})) {
    dropped_lines += dropped;
  }
  if (!WriteTo(*target, level, message, fields)) ++dropped_lines;
}

struct Rate {
  Mutex mu;
  LogRate rate ABSL_GUARDED_BY(mu);
};
Rate& TheRate() {
  static Rate* const rate = new Rate;
  return *rate;
}

// Limits all lines except those of the level debug, which somebody has requested.
bool MayWrite(LogLevel level, absl::string_view message) {
  if (level == LogLevel::kDebug) return true;
  std::vector<LogRate::LeftOut> said;
  bool allowed = false;
  {
    MutexLock lock(&TheRate().mu);
    allowed = TheRate().rate.Allow(message, SystemClock().Steady(), &said);
  }
  for (const LogRate::LeftOut& one : said) {
    if (one.count == 0) {
      WriteLine(level, "too many lines: further ones of this message are counted, not written",
                {{"of", one.message}, {"for", absl::FormatDuration(LogRate::kWindow)}});
    } else {
      WriteLine(level, "lines were left out", {{"of", one.message}, {"count", absl::StrCat(one.count)}});
    }
  }
  return allowed;
}

absl::Status Install(bool json, const std::string& file) {
  auto target = std::make_shared<Target>();
  target->json = json;
  target->file = file;
  if (!file.empty()) {
    ORCH_ASSIGN_OR_RETURN(target->sink, LogSink::Open(file));
  }
  MutexLock lock(&target_mu);
  TargetLocked() = std::move(target);
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseLogLevel(absl::string_view text, LogLevel* level) {
  for (const auto& [name, value] : kLevels) {
    if (text == name) {
      *level = value;
      return absl::OkStatus();
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("log level '", text, "' is unknown; use debug, info, warning, error or off"));
}

absl::Status InitLog(LogLevel level, bool json, const std::string& file) {
  ORCH_RETURN_IF_ERROR(Install(json, file));
  log_threshold = static_cast<int>(level);
  MutexLock lock(&TheRate().mu);
  TheRate().rate = LogRate();
  return absl::OkStatus();
}

absl::Status ReopenLog() {
  const std::shared_ptr<Target> target = TheTarget();
  return target->file.empty() ? absl::OkStatus() : Install(target->json, target->file);
}

bool LogEnabled(LogLevel level) { return static_cast<int>(level) >= log_threshold.load(std::memory_order_relaxed); }

void Log(LogLevel level, absl::string_view message, const LogFields& fields) {
  if (LogEnabled(level) && MayWrite(level, message)) WriteLine(level, message, fields);
}

}  // namespace orch

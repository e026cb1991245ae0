#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/foreign_text.h"
#include "base/log_rate.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "spdlog/sinks/basic_file_sink.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace orch {
namespace {

std::atomic<bool> log_json{false};
std::atomic<int> log_threshold{static_cast<int>(LogLevel::kWarning)};

spdlog::level::level_enum ToSpdlog(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return spdlog::level::debug;
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
    case LogLevel::kOff:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

// Others, such as a wide blank, stand in quotes: a value must not look like further fields.
bool IsBareCharacter(char c) { return c > ' ' && c < 0x7f && c != '"'; }

std::shared_ptr<spdlog::logger> Logger() {
  static const std::shared_ptr<spdlog::logger> fallback = [] {
    auto logger = std::make_shared<spdlog::logger>("orch", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    return logger;
  }();
  const std::shared_ptr<spdlog::logger> chosen = spdlog::get("orch-main");
  return chosen != nullptr ? chosen : fallback;
}

void WriteLine(LogLevel level, absl::string_view message, const LogFields& fields) {
  std::string line;
  if (log_json) {
    line = absl::StrCat("\"message\":", PrintableJson(std::string(message)));
    for (const auto& [key, value] : fields) absl::StrAppend(&line, ",\"", key, "\":", PrintableJson(value));
  } else {
    AppendLogText(message, /*quoted=*/false, &line);
    for (const auto& [key, value] : fields) {
      absl::StrAppend(&line, " ", key, "=");
      const bool quote = value.empty() || !std::all_of(value.begin(), value.end(), IsBareCharacter);
      if (quote) line.push_back('"');
      AppendLogText(value, quote, &line);
      if (quote) line.push_back('"');
    }
  }
  Logger()->log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

struct Rate {
  Mutex mu;
  LogRate rate ABSL_GUARDED_BY(mu);
};
Rate& TheRate() {
  static Rate* const rate = new Rate;
  return *rate;
}

// Debug lines were asked for; all others are bounded.
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

// Where lines go.
struct Target {
  bool json = false;
  std::string file;  // empty: standard error
};
Mutex target_mu;
Target& TargetLocked() {
  static Target* const target = new Target;
  return *target;
}
Target TheTarget() {
  MutexLock lock(&target_mu);
  return TargetLocked();
}

// spdlog would make a new file as the umask has it.
absl::Status MakeLogFile(const std::string& file) {
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("log file ", file, " cannot be opened: ", strerrordesc_np(errno)));
  }
  close(fd);
  return absl::OkStatus();
}

absl::Status Install(bool json, const std::string& file) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (!file.empty()) ORCH_RETURN_IF_ERROR(MakeLogFile(file));
  try {
    if (file.empty()) {
      sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    } else {
      sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file);
    }
  } catch (const spdlog::spdlog_ex& e) {
    return absl::FailedPreconditionError(absl::StrCat("log file ", file, " cannot be opened: ", e.what()));
  }
  auto logger = std::make_shared<spdlog::logger>("orch-main", std::move(sink));
  logger->set_pattern(json ? R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l",%v})" : "%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::info);
  spdlog::drop("orch-main");
  spdlog::register_logger(std::move(logger));
  log_json = json;
  MutexLock lock(&target_mu);
  TargetLocked() = {json, file};
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseLogLevel(absl::string_view text, LogLevel* level) {
  constexpr std::pair<absl::string_view, LogLevel> kNames[] = {{"debug", LogLevel::kDebug},
                                                               {"info", LogLevel::kInfo},
                                                               {"warning", LogLevel::kWarning},
                                                               {"error", LogLevel::kError},
                                                               {"off", LogLevel::kOff}};
  for (const auto& [name, value] : kNames) {
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
  const Target target = TheTarget();
  return target.file.empty() ? absl::OkStatus() : Install(target.json, target.file);
}

bool LogEnabled(LogLevel level) { return static_cast<int>(level) >= log_threshold.load(std::memory_order_relaxed); }

void Log(LogLevel level, absl::string_view message, const LogFields& fields) {
  if (LogEnabled(level) && MayWrite(level, message)) WriteLine(level, message, fields);
}

}  // namespace orch

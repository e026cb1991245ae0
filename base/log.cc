#include "base/log.h"

#include <atomic>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/json.h"
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

// A peer's bytes may stand in a value: no line breaks, no terminal controls (C1 included, which is
// two bytes in UTF-8), and inside quotes nothing that ends them.
void AppendPrintable(absl::string_view text, bool quoted, std::string* out) {
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char byte = static_cast<unsigned char>(text[i]);
    const unsigned char next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppend(out, "\\x", absl::Hex(byte, absl::kZeroPad2));
    } else if (byte == 0xc2 && next >= 0x80 && next < 0xa0) {
      absl::StrAppend(out, "\\x", absl::Hex(next, absl::kZeroPad2));
      ++i;
    } else {
      if (quoted && (byte == '"' || byte == '\\')) out->push_back('\\');
      out->push_back(text[i]);
    }
  }
}

std::shared_ptr<spdlog::logger> Logger() {
  static const std::shared_ptr<spdlog::logger> fallback = [] {
    auto logger = std::make_shared<spdlog::logger>("orch", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
    return logger;
  }();
  const std::shared_ptr<spdlog::logger> chosen = spdlog::get("orch-main");
  return chosen != nullptr ? chosen : fallback;
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
  std::shared_ptr<spdlog::sinks::sink> sink;
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
  log_threshold = static_cast<int>(level);
  return absl::OkStatus();
}

bool LogEnabled(LogLevel level) { return static_cast<int>(level) >= log_threshold.load(std::memory_order_relaxed); }

void Log(LogLevel level, absl::string_view message, const LogFields& fields) {
  if (!LogEnabled(level)) return;
  std::string line;
  if (log_json) {
    line = absl::StrCat("\"message\":", DumpJson(std::string(message)));
    for (const auto& [key, value] : fields) absl::StrAppend(&line, ",\"", key, "\":", DumpJson(value));
  } else {
    AppendPrintable(message, /*quoted=*/false, &line);
    for (const auto& [key, value] : fields) {
      absl::StrAppend(&line, " ", key, "=");
      const bool quote = value.empty() || value.find_first_of(" \"") != std::string::npos;
      if (quote) line.push_back('"');
      AppendPrintable(value, quote, &line);
      if (quote) line.push_back('"');
    }
  }
  Logger()->log(ToSpdlog(level), spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace orch

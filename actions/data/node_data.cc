#include "actions/data/node_data.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "actions/plugins/nrpe/nrpe_plugin.h"
#include "actions/plugins/package/package_plugin.h"
#include "actions/plugins/process/process_plugin.h"
#include "actions/plugins/service/service_plugin.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxSysctlBytes = 64u << 10;

Context ContextOf(const DataCall& call) {
  Context context;
  context.clock = &call.clock;
  context.timeout = kDataFunctionTimeout;
  return context;
}

// Returns a whole number or a decimal as a number, any other text as text.
Json Value(const std::string& text) {
  int64_t whole;
  double fraction;
  if (absl::SimpleAtoi(text, &whole)) return whole;
  const bool decimal = std::all_of(text.begin(), text.end(), [](char c) { return absl::ascii_isdigit(c) || c == '.'; });
  if (decimal && absl::SimpleAtod(text, &fraction)) return fraction;
  return text;
}

}  // namespace

absl::StatusOr<Json> NrpeData(const DataCall& call) {
  ORCH_ASSIGN_OR_RETURN(const int code, CheckExitCode(call.argument, ContextOf(call), call.settings));
  return Json{{"exitcode", code}};
}

absl::StatusOr<Json> PackageData(const DataCall& call) {
  ORCH_ASSIGN_OR_RETURN(const PackageState state, FindPackage(call.argument, ContextOf(call), call.settings));
  return Json{{"status", state.ensure}, {"installed", state.installed}};
}

absl::StatusOr<Json> ProcessData(const DataCall& call) {
  ORCH_ASSIGN_OR_RETURN(const int64_t count, CountProcesses(call.argument, call.settings));
  return Json{{"count", count}, {"running", count > 0}};
}

absl::StatusOr<Json> ServiceData(const DataCall& call) {
  ORCH_ASSIGN_OR_RETURN(const bool running, IsServiceRunning(call.argument, ContextOf(call), call.settings));
  return Json{{"status", running ? "running" : "stopped"}};
}

absl::StatusOr<Json> SysctlData(const DataCall& call) {
  // As in sysctl(8), a dot separates the names, and a slash means a dot inside one.
  std::string path = call.Setting("sysctl.proc");
  if (path.empty()) path = "/proc/sys";
  for (const absl::string_view part : absl::StrSplit(call.argument, '.')) {
    const bool good = !part.empty() && part.find_first_not_of('/') != absl::string_view::npos &&
                      std::all_of(part.begin(), part.end(),
                                  [](char c) { return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '/'; });
    if (!good) return absl::InvalidArgumentError(absl::StrCat("'", call.argument, "' is no name of a kernel setting"));
    absl::StrAppend(&path, "/", absl::StrReplaceAll(part, {{"/", "."}}));
  }
  ORCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMaxSysctlBytes));
  return Json{{"value", Value(std::string(absl::StripAsciiWhitespace(text)))}};
}

}  // namespace orch::actions

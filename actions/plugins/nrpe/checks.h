// The checks a node's NRPE configuration defines, and running one. Read anew for every request.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/core/command_runner.h"

namespace orch::actions {

inline constexpr size_t kMaxChecks = 512;      // of one node
inline constexpr size_t kMaxCheckFiles = 256;  // *.cfg files of one folder
inline constexpr size_t kMaxCheckFileBytes = 1 << 20;
inline constexpr int kUnknownState = 3;  // of Nagios' 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN

const char* StateName(int exit_code);

// Name → command line. Settings: nrpe.conf_file (one file), else nrpe.conf_path (folders, separated by
// colons), else nrpe.conf_dir, by default /etc/nagios/nrpe.d; their *.cfg files in order of name, a later
// definition wins; then nrpe.command.NAME. A folder that is not there holds no checks.
absl::StatusOr<std::map<std::string, std::string>> LoadChecks(const std::map<std::string, std::string>& settings);

// Lines "command[name]=…" of one file; others are passed over.
void ReadChecks(absl::string_view text, std::map<std::string, std::string>* checks);

struct CheckResult {
  int exit_code = kUnknownState;
  std::string output;
  std::string perfdata;
};

// Text and performance data of what a check printed, apart.
void SplitCheckOutput(absl::string_view text, CheckResult* result);

// Any end of a check is a result: one that cannot run, runs too long or dies is UNKNOWN with the reason.
// An error only when the action itself is cancelled. `arguments` as for CheckArgv.
absl::StatusOr<CheckResult> RunCheck(const CommandRunner& runner, const std::string& line,
                                     const std::vector<std::string>* arguments);

}  // namespace orch::actions

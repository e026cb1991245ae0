// Reads the checks in the NRPE configuration of a node and runs one. Every request reads the configuration again.
// Thread-safe; keeps no state.
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
inline constexpr int kUnknownState = 3;  // Nagios has 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN

const char* StateName(int exit_code);

// Returns the command lines by the name of the check. They come from the file in the setting nrpe.conf_file, else from
// the *.cfg files of the folders in nrpe.conf_path (separated by colons) or nrpe.conf_dir (default /etc/nagios/nrpe.d)
// in order of name, and then from nrpe.command.NAME. A later definition wins. A missing folder holds no checks.
absl::StatusOr<std::map<std::string, std::string>> LoadChecks(const std::map<std::string, std::string>& settings);

// Reads the lines "command[name]=…" of one file; ignores all others.
void ReadChecks(absl::string_view text, std::map<std::string, std::string>* checks);

struct CheckResult {
  int exit_code = kUnknownState;
  std::string output;
  std::string perfdata;
};

// Separates the text and the performance data in the output of a check.
void SplitCheckOutput(absl::string_view text, CheckResult* result);

// Runs one check. Every outcome is a result: a check that cannot run, exceeds its time or dies is UNKNOWN with the
// reason. Returns an error only if the action is cancelled. `arguments` are those of CheckArgv.
absl::StatusOr<CheckResult> RunCheck(const CommandRunner& runner, const std::string& line,
                                     const std::vector<std::string>* arguments);

}  // namespace orch::actions

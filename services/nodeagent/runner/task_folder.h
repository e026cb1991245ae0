// The files by which an agent and the process that runs one task communicate, in the task's own folder:
//
//   task      the task, written by the agent with mode 0600. The process has it as standard input and holds a lock on
//             it, so that a later agent sees whether the process still lives; the guards of the processes it starts
//             (base/process/process_guard.h) hold the lock as long as any of those lives
//   pid       written by the process at its start, into space that the agent reserved
//   room      disk space that the agent reserved for the outcome
//   output    a named pipe for live output (output_pipe.h); only if live output is wanted
//   outcome   written durably by the process as its last act
//
// Arguments and environment never hold a secret. The functions are pure or block on the disk; any thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actions/catalog/build_catalog.h"
#include "actions/core/action.h"
#include "base/json.h"
#include "services/nodeagent/runner/output_pipe.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxTaskFileBytes = 8u << 20;
inline constexpr size_t kMaxOutcomeFileBytes = 64u << 20;
inline constexpr size_t kOutcomeReserveBytes = 64u << 10;
inline constexpr int kExitNoOutcome = 74;  // the outcome could not be written

struct TaskFile {
  actions::Request request;
  absl::Duration timeout;
  bool no_reply_data = false;
  actions::CatalogOptions catalog;  // with facts; `only` is the plugin
  std::vector<std::string> classes;
  int log_level = 0;  // of base/log.h
  bool log_json = false;
  std::string log_file;

  Json ToJson() const;
  static absl::StatusOr<TaskFile> FromText(const std::string& text);
};

struct TaskOutcome {
  actions::Reply reply;
  Printed printed = {};  // 0 if no live output was wanted
};

std::string OutcomeText(const TaskOutcome& outcome);
// Writes the outcome durably, on a full disk into the reserved space. If the outcome does not fit there, writes the
// failure "outcome-lost" with the reply's message instead.
absl::Status LeaveOutcome(const std::string& folder, const TaskOutcome& outcome);
// Returns InvalidArgument if the text is no outcome.
absl::StatusOr<TaskOutcome> OutcomeFromText(const std::string& text);

inline std::string TaskPath(const std::string& folder) { return folder + "/task"; }
inline std::string PidPath(const std::string& folder) { return folder + "/pid"; }
inline std::string ReservePath(const std::string& folder) { return folder + "/room"; }
inline std::string OutcomePath(const std::string& folder) { return folder + "/outcome"; }

}  // namespace orch::nodeagent

// What an agent and the process that runs one task tell each other, through the task's own folder:
//
//   task      the task, written by the agent, mode 0600; the process has it as its standard input and
//             holds a lock on it, so that a later agent sees whether the process still lives; the guards
//             of what it starts (base/process/process_guard.h) hold it for as long as any of that lives
//   pid       written by the process at its start, into room the agent set aside
//   room      disk set aside by the agent for the outcome
//   output    a named pipe, for live output (output_pipe.h); only where that is wanted
//   outcome   written by the process, durably, as its last act
//
// Nothing secret is ever in arguments or environment.
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
inline constexpr size_t kOutcomeRoomBytes = 64u << 10;
inline constexpr int kExitNoOutcome = 74;  // the outcome could not be written

struct TaskFile {
  actions::Request request;
  absl::Duration timeout;
  bool no_reply_data = false;
  actions::CatalogOptions catalog;  // facts included; `only` is the plugin
  std::vector<std::string> classes;
  int log_level = 0;  // of base/log.h
  bool log_json = false;
  std::string log_file;

  Json ToJson() const;
  static absl::StatusOr<TaskFile> FromText(const std::string& text);
};

struct TaskOutcome {
  actions::Reply reply;
  Printed printed = {};  // 0 where no live output was wanted
};

std::string OutcomeText(const TaskOutcome& outcome);
// Durably, also when the disk is full: then as far as its room goes, and beyond that what is left is the
// failure "outcome-lost", with the reply's own message.
absl::Status LeaveOutcome(const std::string& folder, const TaskOutcome& outcome);
// InvalidArgument when it is no outcome.
absl::StatusOr<TaskOutcome> OutcomeFromText(const std::string& text);

inline std::string TaskPath(const std::string& folder) { return folder + "/task"; }
inline std::string PidPath(const std::string& folder) { return folder + "/pid"; }
inline std::string RoomPath(const std::string& folder) { return folder + "/room"; }
inline std::string OutcomePath(const std::string& folder) { return folder + "/outcome"; }

}  // namespace orch::nodeagent

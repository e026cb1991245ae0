// Runs actions in processes of their own (orch-taskrunner), which survive the end of the agent, and finds the processes
// that a previous agent process started. A task has a folder below `folder` from its start until Remove. Owned by
// Agent; thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/core/action.h"
#include "base/process/cancel_token.h"
#include "base/unique_fd.h"
#include "services/nodeagent/runner/output_reader.h"
#include "services/nodeagent/runner/task_folder.h"

namespace orch::nodeagent {

class TaskProcesses {
 public:
  static constexpr absl::Duration kEndWait = absl::Seconds(12);  // from SIGTERM to SIGKILL
  static constexpr absl::Duration kLookAgain = absl::Milliseconds(50);

  // `program` is the path of orch-taskrunner.
  TaskProcesses(std::string folder, std::string program) : folder_(std::move(folder)), program_(std::move(program)) {}

  // Blocks until the action and all processes it started have ended, even if the task's process was killed; ends an
  // action that is cancelled. Returns nullopt after Detach; the action then runs on. `output`, unless null, gets what
  // the action prints, on the calling thread, and at last an empty piece at the end of each stream.
  std::optional<actions::Reply> Run(const TaskFile& task, const actions::Context& context,
                                    OutputReader::Sink output = nullptr);
  // Does the same for a task whose folder exists. Output comes only if it was wanted when the task started.
  std::optional<actions::Reply> Resume(const std::string& attempt_id, const actions::Context& context,
                                       OutputReader::Sink output = nullptr);
  // Makes every Run and Resume return at once, and leaves their processes running.
  void Detach() { detached_.Cancel(); }

  struct Left {
    std::string attempt_id;
    bool running = false;
    std::optional<TaskOutcome> outcome;  // if it left one
    bool no_reply_data = false;
    absl::Duration timeout;
  };
  // Returns the tasks that a previous agent process left.
  std::vector<Left> Find() const;
  // Removes the task's folder. Call once its outcome is kept elsewhere, or can no longer arrive.
  void Remove(const std::string& attempt_id) const;

 private:
  std::string FolderOf(const std::string& attempt_id) const { return folder_ + "/" + attempt_id; }
  absl::StatusOr<UniqueFd> WriteTask(const TaskFile& task) const;
  std::optional<actions::Reply> Await(const std::string& attempt_id, pid_t child, const actions::Context& context,
                                      OutputReader::Sink output);
  TaskOutcome Outcome(const std::string& attempt_id, const std::string& how_it_ended) const;

  const std::string folder_;
  const std::string program_;
  CancelToken detached_;
};

}  // namespace orch::nodeagent

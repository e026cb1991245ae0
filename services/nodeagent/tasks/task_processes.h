// Runs actions in processes of their own (orch-taskrunner), so that an agent that ends or is killed
// takes none of them along, and finds those of an agent before it. Owned by Agent; thread-safe. A task
// has a folder below `folder` from its start until Remove.
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
#include "services/nodeagent/runner/output_pipe.h"
#include "services/nodeagent/runner/task_folder.h"

namespace orch::nodeagent {

class TaskProcesses {
 public:
  static constexpr absl::Duration kEndWait = absl::Seconds(12);  // from SIGTERM to SIGKILL
  static constexpr absl::Duration kLookAgain = absl::Milliseconds(50);

  // `program`: path of orch-taskrunner.
  TaskProcesses(std::string folder, std::string program) : folder_(std::move(folder)), program_(std::move(program)) {}

  // Blocks until the action has ended with all that it started, also when its process was killed; a cancelled
  // one is ended. nullopt: let go of, it runs on.
  // `output`, unless null, gets what the action prints, on the calling thread; last an empty piece of
  // each stream that says how far it went.
  std::optional<actions::Reply> Run(const TaskFile& task, const actions::Context& context,
                                    OutputReader::Sink output = nullptr);
  // The same for one that is in its folder already; its output only if that was wanted at its start.
  std::optional<actions::Reply> Resume(const std::string& job_id, const actions::Context& context,
                                       OutputReader::Sink output = nullptr);
  // Every Run and Resume returns at once, and leaves its process alone.
  void LetGo() { let_go_.Cancel(); }

  struct Left {
    std::string job_id;
    bool running = false;
    std::optional<TaskOutcome> outcome;  // when it left one
    bool no_reply_data = false;
    absl::Duration timeout;
  };
  // What an earlier agent left.
  std::vector<Left> Find() const;
  // Once its outcome is kept elsewhere, or nothing can come of it.
  void Remove(const std::string& job_id) const;

 private:
  std::string FolderOf(const std::string& job_id) const { return folder_ + "/" + job_id; }
  absl::StatusOr<UniqueFd> WriteTask(const TaskFile& task) const;
  std::optional<actions::Reply> Await(const std::string& job_id, pid_t child, const actions::Context& context,
                                      OutputReader::Sink output);
  TaskOutcome Outcome(const std::string& job_id, const std::string& how_it_ended) const;

  const std::string folder_;
  const std::string program_;
  CancelToken let_go_;
};

}  // namespace orch::nodeagent

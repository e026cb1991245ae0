// The folder that holds what the agent must know again after a restart: its journal and the tasks that
// run in processes of their own. One agent at a time: whoever is second is told so. Owned by main.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace orch::nodeagent {

inline constexpr char kDefaultStateDir[] = "/var/lib/orch-agent";

class StateDir {
 public:
  // Makes it with mode 0700 when it is not there. FailedPrecondition when another agent uses it, or it
  // belongs to another user.
  static absl::StatusOr<std::unique_ptr<StateDir>> Open(const std::string& path);

  const std::string& path() const { return path_; }
  std::string journal() const { return path_ + "/journal"; }
  std::string tasks() const { return path_ + "/tasks"; }  // a folder a task

 private:
  StateDir(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  const std::string path_;
  const UniqueFd lock_;  // held while this is there
};

}  // namespace orch::nodeagent

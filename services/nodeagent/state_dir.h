// The folder that holds what the agent must know after a restart: its journal, and the tasks that run in processes of
// their own. A lock keeps a second agent out. Owned by Agent.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/unique_fd.h"

namespace orch::nodeagent {

inline constexpr char kDefaultStateDir[] = "/var/lib/orch-agent";

class StateDir {
 public:
  // Makes the folder with mode 0700 if it does not exist. Returns FailedPrecondition if another agent uses the folder
  // or the folder belongs to another user.
  static absl::StatusOr<std::unique_ptr<StateDir>> Open(const std::string& path);

  const std::string& path() const { return path_; }
  std::string journal() const { return path_ + "/journal"; }
  std::string standing() const { return path_ + "/standing.json"; }  // what the hub has said of the node
  std::string audit_heads() const { return path_ + "/audit_heads.json"; }
  std::string tasks() const { return path_ + "/tasks"; }  // a folder a task

 private:
  StateDir(std::string path, UniqueFd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  const std::string path_;
  const UniqueFd lock_;  // held as long as this object lives
};

}  // namespace orch::nodeagent

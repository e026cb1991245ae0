// Site facts from the files of one folder (facts.d). Each file keeps its last good facts while it is wrong. Owned by
// FactCollector; used by one thread at a time; blocks while executables run.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/clock.h"
#include "base/process/cancel_token.h"
#include "services/nodeagent/facts/fact_part.h"

namespace orch::nodeagent {

class FactsDirectory {
 public:
  static constexpr size_t kMaxFiles = 256;

  FactsDirectory(std::string directory, absl::Duration timeout, const Clock* clock);

  // After a change of the directory no file has last good facts.
  void SetOptions(const std::string& directory, absl::Duration timeout);
  // Returns the parts in order of file name. If `run` is false, executables are not run and their last facts are used.
  // A folder that does not exist has no facts.
  std::vector<FactPart> Collect(bool run, const CancelToken* cancel);

 private:
  absl::StatusOr<Json> ReadOne(const std::string& name, bool run, const CancelToken* cancel, bool* skipped);

  std::string directory_;
  absl::Duration timeout_;
  const Clock* const clock_;
  std::map<std::string, FactPart> parts_;  // by file name
};

// Returns a text that changes when a file of the folder or list is added, removed or written. Cheap: only calls stat.
std::string FactFilesStamp(const std::string& directory, const std::vector<std::string>& files);

}  // namespace orch::nodeagent

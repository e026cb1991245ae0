// Site facts: the files of one folder (facts.d) and a list of YAML files. Each file keeps its last
// good facts while it is wrong. Used by one thread at a time; blocks while executables run.
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

  // The files of another directory begin with nothing.
  void SetOptions(const std::string& directory, absl::Duration timeout);
  // Parts in order of file name. `run` false: executables are not run, what they last gave is used.
  // A folder that is not there has no facts.
  std::vector<FactPart> Collect(bool run, const CancelToken* cancel);

 private:
  absl::StatusOr<Json> ReadOne(const std::string& name, bool run, const CancelToken* cancel, bool* skipped);

  std::string directory_;
  absl::Duration timeout_;
  const Clock* const clock_;
  std::map<std::string, FactPart> parts_;  // by file name
};

// The files of `facts.files`, later ones win.
class FactFiles {
 public:
  explicit FactFiles(const std::vector<std::string>& paths) { SetPaths(paths); }
  // Those it had keep what they gave.
  void SetPaths(const std::vector<std::string>& paths);
  std::vector<FactPart> Collect();

 private:
  std::vector<FactPart> parts_;
};

// Changes when a file of the folder or list is added, removed or written. Cheap: stat only.
std::string FactFilesStamp(const std::string& directory, const std::vector<std::string>& files);

}  // namespace orch::nodeagent

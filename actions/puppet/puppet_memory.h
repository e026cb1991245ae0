// The files that hold Puppet's state on this node, by the names that `puppet config print` gives them, and the runs
// that were started here.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "actions/core/command_runner.h"
#include "actions/puppet/puppet_program.h"
#include "base/mutex.h"

namespace orch::actions {

// Paths of what Puppet writes. Not all of them need to be there.
struct PuppetFiles {
  std::string config;  // puppet.conf
  std::string state_folder;
  std::string disabled_lock;  // there while Puppet is disabled; may hold why, as JSON
  std::string run_lock;       // the process that applies a catalog
  std::string daemon_pid;
  std::string summary;    // of the last run, YAML
  std::string report;     // of the last run, YAML
  std::string resources;  // what the last catalog manages, "type[title]" a line
};

// What is remembered between calls, by plugins and data functions together: asking Puppet where its
// files are takes a second. Thread-safe.
class PuppetMemory {
 public:
  // Asked again once the command, or puppet.conf, is another one. Errors as CommandRunner::Run.
  absl::StatusOr<PuppetFiles> Files(const PuppetProgram& program, const CommandRunner& runner);

  // The newest run that was started here, and has not been seen to end; 0: none.
  std::atomic<pid_t> started_run{0};

 private:
  struct Known {
    std::vector<std::string> command;
    std::string stamp;
    PuppetFiles files;
  };
  Mutex mu_;
  Known known_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::actions

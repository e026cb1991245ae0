// Remembers between calls the places of Puppet's files and the run that was started last, for plugins and data
// functions together, because asking Puppet for its files takes a second. The agent owns it, or a catalog. Thread-safe.
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

// The paths of the files that Puppet writes, as `puppet config print` returns them. A file need not exist.
struct PuppetFiles {
  std::string config;  // puppet.conf
  std::string state_folder;
  std::string disabled_lock;  // exists while Puppet is disabled; may hold the reason as JSON
  std::string run_lock;       // holds the pid of the process that applies a catalog
  std::string daemon_pid;
  std::string summary;    // of the last run, YAML
  std::string report;     // of the last run, YAML
  std::string resources;  // the resources of the last catalog, one "type[title]" a line
};

class PuppetMemory {
 public:
  // Asks Puppet if the command or puppet.conf has changed since the last call. Returns the errors of
  // CommandRunner::Run.
  absl::StatusOr<PuppetFiles> Files(const PuppetProgram& program, const CommandRunner& runner);

  // The pid of the latest run that was started here and is not known to have ended; 0: none.
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

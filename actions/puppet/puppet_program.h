// Which Puppet a node has: the program and its configuration, from the settings of the plugin, and the
// files that hold its state, by the names `puppet config print` gives them.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/command_runner.h"
#include "base/mutex.h"

namespace orch::actions {

// Settings, all below "puppet.": command (program and first arguments, separated by blanks), config
// (a puppet.conf other than Puppet's own), path (folders to look for programs in, as in PATH).
class PuppetProgram {
 public:
  using Settings = std::map<std::string, std::string>;
  // `settings` must outlive it.
  explicit PuppetProgram(const Settings& settings) : settings_(settings) {}

  // NotFound on a node without Puppet.
  absl::Status Installed() const;
  // {"puppet", "agent", "--config", "/x/puppet.conf"} and so on.
  std::vector<std::string> Command(absl::string_view subcommand) const;
  // Environment for it: Ruby takes the text of files for ASCII otherwise.
  static std::map<std::string, std::string> Environment() { return {{"LC_ALL", "C.UTF-8"}}; }
  std::string Path() const;

  std::string Setting(absl::string_view name, absl::string_view absent) const;
  bool Flag(absl::string_view name, bool absent) const;  // true, yes, 1 and the like

 private:
  const Settings& settings_;
};

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

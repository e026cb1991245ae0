// The Puppet of a node: its program and configuration, from the settings of the plugin. Immutable.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::actions {

// The settings begin with "puppet.": command (the program and first arguments, separated by blanks), config (a
// puppet.conf other than Puppet's own), path (the folders in which programs are searched, as in PATH).
class PuppetProgram {
 public:
  using Settings = std::map<std::string, std::string>;
  // `settings` must outlive this object.
  explicit PuppetProgram(const Settings& settings) : settings_(settings) {}

  // OK if Puppet is installed; else NotFound.
  absl::Status Installed() const;
  // Returns a command line such as {"puppet", "agent", "--config", "/x/puppet.conf"}.
  std::vector<std::string> Command(absl::string_view subcommand) const;
  // The environment for Puppet. Without it, Ruby takes the text of files for ASCII.
  static std::map<std::string, std::string> Environment() { return {{"LC_ALL", "C.UTF-8"}}; }
  std::string Path() const;

  std::string Setting(absl::string_view name, absl::string_view absent) const;
  bool Flag(absl::string_view name, bool absent) const;  // true, yes, 1 and the like

 private:
  const Settings& settings_;
};

}  // namespace orch::actions

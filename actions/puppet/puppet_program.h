// Which Puppet a node has: the program and its configuration, from the settings of the plugin.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

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

}  // namespace orch::actions

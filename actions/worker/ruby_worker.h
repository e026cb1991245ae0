// Finds the project's own Ruby scripts and the ruby that runs them, and reads the settings that their warm workers
// share. Reads the file system. Thread-safe; keeps no state.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/worker/warm_worker.h"

namespace orch::actions {

using PluginSettings = std::map<std::string, std::string>;  // by "plugin.item", as in BuiltinOptions

// Returns a setting; "" if it is not set.
std::string SettingOf(const PluginSettings& settings, absl::string_view name);

// Returns the path of a script of actions/ruby ("puppetral.rb"), in the folder of the setting ruby.scripts, else in
// ../lib/orch/ruby relative to the folder of the running program. NotFound names the folder.
absl::StatusOr<std::string> FindRubyScript(const PluginSettings& settings, absl::string_view name);

// Returns the ruby that the first line of a Ruby program names, or that a wrapper script in its place executes, as the
// one in Puppet's packages does. NotFound if there is no such program or ruby, FailedPrecondition if it is no Ruby
// program.
absl::StatusOr<std::string> RubyOf(const std::string& program);

// Returns the ruby with which Puppet runs on this node, even if only Puppet's packages contain one.
absl::StatusOr<std::string> FindPuppetsRuby(const PluginSettings& settings);

// Returns the program of the setting puppet.command, which the plugin puppet runs.
absl::StatusOr<std::string> FindPuppet(const PluginSettings& settings);

// Sets idle and max_processes from "NAME.idle" (10m) and "NAME.processes". InvalidArgument names the setting.
absl::Status ReadWorkerSettings(const PluginSettings& settings, absl::string_view name, WarmWorker::Options* options);

}  // namespace orch::actions

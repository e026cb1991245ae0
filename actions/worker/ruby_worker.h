// Where the project's own Ruby scripts are, which ruby runs them, and the settings their warm workers
// share. Reads the file system; blocks for no longer than that.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/worker/warm_worker.h"

namespace orch::actions {

using PluginSettings = std::map<std::string, std::string>;  // by "plugin.item", as BuiltinOptions has them

// "" when it is not set.
std::string SettingOf(const PluginSettings& settings, absl::string_view name);

// A script of actions/ruby by its name ("puppetral.rb"): in the setting ruby.scripts, else in
// ../lib/orch/ruby beside the folder of the running program. NotFound says where it was looked for.
absl::StatusOr<std::string> FindRubyScript(const PluginSettings& settings, absl::string_view name);

// The ruby that the first line of a Ruby program names, or that a shell script in its place hands over to, as
// that of Puppet's packages does. NotFound when there is no such program or no such ruby, FailedPrecondition when
// it is no Ruby program.
absl::StatusOr<std::string> RubyOf(const std::string& program);

// The ruby that Puppet runs with on this node, also where only Puppet's packages have brought one.
absl::StatusOr<std::string> FindPuppetsRuby(const PluginSettings& settings);

// The program of the setting puppet.command, as the plugin puppet runs it.
absl::StatusOr<std::string> FindPuppet(const PluginSettings& settings);

// Sets idle and max_processes from "NAME.idle" (10m) and "NAME.processes". InvalidArgument names the setting.
absl::Status ReadWorkerSettings(const PluginSettings& settings, absl::string_view name, WarmWorker::Options* options);

}  // namespace orch::actions

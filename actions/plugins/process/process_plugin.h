// The plugin "process": which processes run. Reads /proc, signals nobody.
//
// Settings: process.proc (/proc).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "actions/core/builtin_options.h"
#include "actions/core/builtin_plugin.h"

namespace orch::actions {

inline constexpr size_t kMaxListedProcesses = 1000;  // in one reply; all are counted

class ProcessPlugin final : public BuiltinPlugin {
 public:
  ProcessPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  const std::string root_;
};

// How many processes have a command line in which `pattern` is found; zombies do not count.
// InvalidArgument for a pattern that is none.
absl::StatusOr<int64_t> CountProcesses(const std::string& pattern, const std::map<std::string, std::string>& settings);

}  // namespace orch::actions

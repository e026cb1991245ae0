// The plugin "process": lists the running processes. It reads /proc and sends no signal. Thread-safe.
//
// The setting process.proc replaces /proc.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "actions/core/builtin_options.h"
#include "actions/core/builtin_plugin.h"

namespace orch::actions {

inline constexpr size_t kMaxListedProcesses = 1000;  // in one reply; the count includes all

class ProcessPlugin final : public BuiltinPlugin {
 public:
  ProcessPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  const std::string root_;
};

// Returns the number of processes, without zombies, whose command line matches `pattern`. InvalidArgument for an
// invalid pattern.
absl::StatusOr<int64_t> CountProcesses(const std::string& pattern, const std::map<std::string, std::string>& settings);

}  // namespace orch::actions

// The plugin "service": controls services by systemd or, where there is no systemd, by their init scripts. Thread-safe.
//
// Settings: service.provider (auto, systemd, script), service.path (the folders in which programs are searched, as in
// PATH), service.init_dir (/etc/init.d).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actions/core/builtin_options.h"
#include "actions/core/builtin_plugin.h"
#include "actions/plugins/service/service_provider.h"

namespace orch::actions {

class ServicePlugin final : public BuiltinPlugin {
 public:
  ServicePlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  const std::map<std::string, std::string> settings_;
};

// Returns whether one service runs, for the data function.
absl::StatusOr<bool> IsServiceRunning(const std::string& service, const Context& context,
                                      const std::map<std::string, std::string>& settings);

}  // namespace orch::actions

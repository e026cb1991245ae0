// The plugin "service": services by systemd, or by their init scripts where there is no systemd.
//
// Settings: service.provider (auto, systemd, script), service.path (folders to look for programs in,
// as in PATH), service.init_dir (/etc/init.d).
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "actions/builtin_plugin.h"
#include "actions/catalog.h"
#include "actions/service/service_provider.h"

namespace orch::actions {

class ServicePlugin final : public BuiltinPlugin {
 public:
  ServicePlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options);

 protected:
  Reply RunAction(const Request& request, const Context& context) override;

 private:
  absl::StatusOr<std::unique_ptr<ServiceProvider>> MakeProvider(const CommandRunner& runner) const;
  std::string Setting(const char* name, const char* absent) const;

  const std::map<std::string, std::string> settings_;
};

}  // namespace orch::actions

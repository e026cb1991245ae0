// Provider "legacy_json": MCollective's actions implemented by scripts. Each action names its script
// (implemented_by), which lies in the plugin's folder. The script reads the request file and writes a
// JSON object of outputs to the reply file; its exit code is the status code, its standard error the
// message. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "actions/external/program_plugin.h"

namespace orch::actions {

class LegacyPlugin final : public ProgramPlugin {
 public:
  static absl::StatusOr<std::shared_ptr<ProgramPlugin>> Create(Source source);
  LegacyPlugin(Source source, std::map<std::string, std::string> scripts)
      : ProgramPlugin(std::move(source)), scripts_(std::move(scripts)) {}

  // Such scripts have no activation.
  absl::StatusOr<bool> Activate(const std::shared_ptr<const Json>&, const CancelToken*) override { return true; }

 protected:
  Reply RunAction(const Request& request, const Context& context, absl::Duration timeout) override;

 private:
  const std::map<std::string, std::string> scripts_;  // by action
};

}  // namespace orch::actions

// The provider "legacy_json": MCollective's actions that scripts implement. Each action names its script
// (implemented_by) in the folder of the plugin. The script reads the request file and writes a JSON object of outputs
// to the reply file; its exit code is the status code, and its standard error is the message. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "actions/external/program_plugin.h"
#include "base/process/cancel_token.h"

namespace orch::actions {

class LegacyPlugin final : public ProgramPlugin {
 public:
  static absl::StatusOr<std::shared_ptr<ProgramPlugin>> Create(Source source);
  LegacyPlugin(Source source, std::map<std::string, std::string> scripts)
      : ProgramPlugin(std::move(source)), scripts_(std::move(scripts)) {}

  // Always true, because such scripts have no activation.
  absl::StatusOr<bool> Activate(const std::shared_ptr<const Json>&, const CancelToken*) override { return true; }

 protected:
  Reply RunAction(const Request& request, const Context& context, absl::Duration timeout) override;

 private:
  const std::map<std::string, std::string> scripts_;  // by action
};

}  // namespace orch::actions

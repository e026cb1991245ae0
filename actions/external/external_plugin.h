// The provider "external": every call runs the program once, by Choria's external agent protocol, version 1.
// Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "actions/external/program_plugin.h"
#include "base/process/cancel_token.h"

namespace orch::actions {

class ExternalPlugin final : public ProgramPlugin {
 public:
  static absl::StatusOr<std::shared_ptr<ProgramPlugin>> Create(Source source);
  ExternalPlugin(Source source, std::string program) : ProgramPlugin(std::move(source)), program_(std::move(program)) {}

  absl::StatusOr<bool> Activate(const std::shared_ptr<const Json>& facts, const CancelToken* cancel) override;

 protected:
  Reply RunAction(const Request& request, const Context& context, absl::Duration timeout) override;

 private:
  const std::string program_;
};

}  // namespace orch::actions

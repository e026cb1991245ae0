// A way to control services. Made for one Run and used on its thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "actions/core/command_runner.h"

namespace orch::actions {

enum class ServiceVerb { kStart, kStop, kRestart };
absl::string_view VerbName(ServiceVerb verb);

class ServiceProvider {
 public:
  virtual ~ServiceProvider() = default;
  // Whether the service runs. NotFound if the node has no such service.
  virtual absl::StatusOr<bool> Running(const std::string& service) = 0;
  // Returns after the service manager has finished. Aborted tells why it failed.
  virtual absl::Status Act(ServiceVerb verb, const std::string& service) = 0;
  // Whether the service does its work and ends, and did so without a failure the last time. It is then in the right
  // state after a start although it does not run.
  virtual bool EndsByItself(const std::string& service) = 0;
};

// Uses systemd over the system bus (org.freedesktop.systemd1). Unavailable if the bus does not answer.
absl::StatusOr<std::unique_ptr<ServiceProvider>> MakeSystemdProvider(const CommandRunner& runner);

// Uses `service NAME VERB` if that program exists, else the script in `folder` itself.
std::unique_ptr<ServiceProvider> MakeScriptProvider(const CommandRunner& runner, std::string folder);

}  // namespace orch::actions

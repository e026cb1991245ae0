// One way to run services. Made for one Run on its thread.
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
  // NotFound when the node has no such service.
  virtual absl::StatusOr<bool> Running(const std::string& service) = 0;
  // Ends when the node's service manager has done it, or says why it could not (Aborted).
  virtual absl::Status Act(ServiceVerb verb, const std::string& service) = 0;
  // Whether the service is one that does its work and ends, and last did so without a failure: then it is
  // as it should be after a start though it does not run.
  virtual bool EndsByItself(const std::string& service) = 0;
};

// systemd over the system bus (org.freedesktop.systemd1). Unavailable when the bus does not answer.
absl::StatusOr<std::unique_ptr<ServiceProvider>> MakeSystemdProvider(const CommandRunner& runner);

// `service NAME VERB` where the program is there, else the script in `folder` itself.
std::unique_ptr<ServiceProvider> MakeScriptProvider(const CommandRunner& runner, std::string folder);

}  // namespace orch::actions

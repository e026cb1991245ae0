// The whole hub: started by main, and by tests in their own process. Owns all its parts and the gRPC server. Decides on
// the executor that it is given, which must be running and outlive the hub.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "services/hub/config.h"

namespace orch::hub {

class Hub {
 public:
  // Reads credentials and certificates, binds, and serves. Errors name the file or the address. Writes config.port_file
  // when it is set.
  static absl::StatusOr<std::unique_ptr<Hub>> Start(const HubConfig& config, const Clock* clock, Random* random,
                                                    Executor* executor);
  // Calls Stop if nobody has.
  ~Hub();

  // The addresses that were really bound: "127.0.0.1:61613", "unix:/run/orch/hub.sock".
  const std::vector<std::string>& addresses() const;

  // Reads credentials and certificates again at once. Without it, changes are found within a quarter of a second. Any
  // thread.
  void Reload();

  // Ends the hub in order: takes no new calls, gives running jobs shutdown_grace to finish, then turns every open task
  // into a reply, sends clients their summary and nodes a Goodbye. Blocks; must not be called on the loop.
  void Stop();

 private:
  struct Parts;
  explicit Hub(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace orch::hub

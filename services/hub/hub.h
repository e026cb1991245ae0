// The hub, put together: what main starts and what tests run in process. Owns all its parts and the
// gRPC server; decides on the executor it is given, which must run and outlive it.
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
  // Reads credentials and certificates, binds, and serves. Errors name the file or address. Writes config.port_file
  // when set.
  static absl::StatusOr<std::unique_ptr<Hub>> Start(const HubConfig& config, const Clock* clock, Random* random,
                                                    Executor* executor);
  // Stop, if it was not called.
  ~Hub();

  // As bound: "127.0.0.1:61613", "unix:/run/orch/hub.sock".
  const std::vector<std::string>& addresses() const;

  // Re-reads credentials and certificates now; otherwise they are looked at four times a second. Any thread.
  void Reload();

  // Orderly end: no new calls, running jobs have shutdown_grace to finish, then every open task
  // becomes a reply, clients get their summary and nodes a Goodbye. Blocks; not from the loop.
  void Stop();

 private:
  struct Parts;
  explicit Hub(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace orch::hub

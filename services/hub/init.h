// `orch-hub init`: writes everything that a first hub needs. Free functions. Never overwrites a file.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/random.h"

namespace orch::hub {

struct InitOptions {
  std::string directory = "/etc/orch";
  std::string identity;  // the hub's name, under which peers find it
  std::string listen = "0.0.0.0:61613";
  std::string client = "root";  // the administrator, who gets a key at once
  std::string local_group;      // whose members administer over the hub's unix socket; empty: there is no socket
};
inline constexpr char kAdminGroup[] = "orch-admin";  // made with the packages' users, as is its member peadmin
inline constexpr char kHubSocket[] = "/run/orch/hub.sock";

// Writes these files into the folder. AlreadyExists when one of them exists; then nothing was written.
//   hub.yaml               the hub's configuration
//   credentials            random pre-shared keys for nodes and for clients (0600); they stay on the hub
//   tls/ca.crt, ca.key     an authority of the hub's own, for certificates (orch-hub key … --pem)
//   tls/hub.crt, hub.key   the hub's certificate
//   client.yaml, client.credentials   for orchctl here: the administrator's own key (0600)
//   agent.yaml, agent.credentials     for a node agent here: the node key of the hub's identity (0600)
// Returns the files that were written.
absl::StatusOr<std::vector<std::string>> InitHub(const InitOptions& options, absl::Time now, Random* random);

}  // namespace orch::hub

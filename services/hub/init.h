// `orch-hub init`: everything a first hub needs, written once. Never overwrites.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/random.h"

namespace orch::hub {

struct InitOptions {
  std::string directory = "/etc/orch";
  std::string identity;  // the hub's name; also how peers find it
  std::string listen = "0.0.0.0:61613";
  std::string client = "root";  // the administrator who gets a key at once
};

// Writes into the folder, and into none of the files that are there (AlreadyExists, and then nothing was written):
//   hub.yaml               the hub's configuration
//   credentials            random pre-shared keys for nodes and for clients (0600); they stay on the hub
//   tls/ca.crt, ca.key     an authority of the hub's own, for certificates (orch-hub key … --pem)
//   tls/hub.crt, hub.key   the hub's certificate
//   client.yaml, client.credentials   for orchctl here: the administrator's own key (0600)
//   agent.yaml, agent.credentials     for a node agent here: the node key of the hub's identity (0600)
// Returns the files written.
absl::StatusOr<std::vector<std::string>> InitHub(const InitOptions& options, absl::Time now, Random* random);

}  // namespace orch::hub

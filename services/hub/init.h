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
};

// Writes hub.yaml, credentials (a random PSK, 0600), tls/hub.crt and tls/hub.key, and samples of
// agent.yaml and client.yaml. AlreadyExists when one of them is there: then nothing was written.
// Returns the files written.
absl::StatusOr<std::vector<std::string>> InitHub(const InitOptions& options, absl::Time now, Random* random);

}  // namespace orch::hub

// client.yaml: where the hub is and who we are to it. Looked for at -c FILE, $ORCHCTL_CONFIG,
// ~/.orch/client.yaml, /etc/orch/client.yaml; the first that is there counts, none is fine.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/peer_tls.h"
#include "base/net/address.h"
#include "cli/terminal/environment.h"

namespace orch::cli {

inline constexpr char kDefaultHub[] = "127.0.0.1:61613";

struct ClientConfig {
  std::string file;  // empty: defaults
  Address hub;
  std::string name;
  std::string credentials = "/etc/orch/credentials";
  bool own_credentials = false;  // named in the file; over a unix socket the kernel's word for the user does without
  auth::PeerTlsOptions tls;
  std::string collective;
  absl::Duration timeout;  // zero: the DDL's
  std::string color = "auto";
  std::string cache_dir;  // empty: nothing is cached
};

// `config_file`: of -c, or empty. `hub`: of --hub, or empty.
absl::StatusOr<ClientConfig> LoadClientConfig(const Environment& env, const std::string& config_file,
                                              const std::string& hub);

// "~/x" with the home directory of `env`.
std::string ExpandHome(const Environment& env, const std::string& path);

}  // namespace orch::cli

// client.yaml: where the hub is and who we are to it. Looked for at -c FILE, $ORCHCTL_CONFIG,
// ~/.orch/client.yaml, /etc/orch/client.yaml; the first that is there counts, none is fine.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/terminal/environment.h"

namespace orch::cli {

inline constexpr char kDefaultHub[] = "127.0.0.1:61613";
inline constexpr int kDefaultPort = 61613;

// As auth::ChannelTlsOptions.
struct TlsSettings {
  bool plaintext = false;
  std::string ca_file;
  std::string server_name;
  std::string certificate_file;
  std::string key_file;
};

struct ClientConfig {
  std::string file;  // empty: defaults
  std::string hub = kDefaultHub;
  std::string name;
  std::string credentials = "/etc/orch/credentials";
  TlsSettings tls;
  std::string collective;
  absl::Duration timeout;  // zero: the DDL's
  std::string color = "auto";
  std::string cache_dir;  // empty: nothing is cached
};

// `config_file`: of -c, or empty. `hub`: of --hub, or empty.
absl::StatusOr<ClientConfig> LoadClientConfig(const Environment& env, const std::string& config_file,
                                              const std::string& hub);

// The gRPC target of "host:port", "host", "127.0.0.1:1", "[::1]:1" or "unix:/path": addresses go
// past the name resolver. InvalidArgument for what is none of these.
absl::StatusOr<std::string> ChannelTarget(const std::string& address);

// "~/x" with the home directory of `env`.
std::string ExpandHome(const Environment& env, const std::string& path);

}  // namespace orch::cli

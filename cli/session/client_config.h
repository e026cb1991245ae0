// client.yaml: the hub's address and the caller's credentials. The file is looked for at -c FILE,
// $ORCHCTL_CONFIG, ~/.orch/client.yaml and /etc/orch/client.yaml; the first one that exists is
// read, and without any the defaults apply.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/peer_tls.h"
#include "base/net/address.h"
#include "cli/terminal/environment.h"

namespace orch::cli {

inline constexpr char kDefaultHub[] = "127.0.0.1:61613";

// When the output has colours; kAuto means on a terminal that can show them.
enum class ColorMode { kAuto, kAlways, kNever };

struct ClientConfig {
  std::string file;  // empty if there is none
  Address hub;       // where orch-hub listens
  std::string name;  // of the caller, whose key is used
  std::string credentials = "/etc/orch/credentials";
  bool own_credentials = false;  // whether the file names them; a unix socket needs none, as the kernel names the user
  auth::PeerTlsOptions tls;
  std::string collective;  // the default of --target
  absl::Duration timeout;  // zero means the DDL's
  ColorMode color = ColorMode::kAuto;
  std::string cache_dir;  // if empty, nothing is cached
  std::string login_key;  // of the site, for 'orchctl login'; empty if nobody can log in
};

// Reads the configuration. `config_file` and `hub` are the values of -c and --hub, or empty. An error
// names the file and the line.
absl::StatusOr<ClientConfig> LoadClientConfig(const Environment& env, const std::string& config_file,
                                              const std::string& hub);

// Replaces a leading "~/" by the home directory of `env`.
std::string ExpandHome(const Environment& env, const std::string& path);

}  // namespace orch::cli

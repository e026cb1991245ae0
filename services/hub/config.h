// The configuration of orch-hub, as its file gives it (docs/CONFIGURATION.md). Plain data.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/audit/audit_log.h"
#include "auth/hub_tls.h"
#include "base/config_file.h"
#include "base/log.h"
#include "base/net/address.h"
#include "services/hub/login/login_settings.h"

namespace orch::hub {

inline constexpr char kDefaultConfigFile[] = "/etc/orch/hub.yaml";

inline constexpr char kStoreInMemory[] = "memory";

struct HubConfig {
  std::vector<Address> listen;  // at least one
  std::string port_file;        // empty: none
  std::string identity;         // the hub's name
  std::string credentials = "/etc/orch/credentials";
  bool plaintext = false;  // loopback and unix sockets only
  auth::HubTls::Options tls;
  std::string ca_key = "/etc/orch/tls/ca.key";  // for `orch-hub key … --pem`; the serving hub never reads this file
  std::string local_group;                  // the group that may use unix sockets; empty: only root and the hub's user
  std::vector<std::string> administrators;  // clients with a reserve of calls; without an access file they may do all
  std::string access_file = "/etc/orch/access.yaml";  // who may do what; it need not exist
  std::string policy_folder = "/etc/orch/policies";   // ActionPolicy files; it need not exist
  LoginSettings login;
  absl::Duration heartbeat = absl::Seconds(30);
  absl::Duration stale_after = absl::Seconds(90);
  size_t max_nodes = 20'000;
  size_t max_clients = 1000;
  size_t max_jobs = 1000;
  size_t max_handshakes = 500;
  size_t max_unauthenticated_per_source = 200;
  std::string store = "/var/lib/orch-hub/jobs.db";  // or kStoreInMemory
  size_t retain_jobs = 1000;
  absl::Duration retain_age = absl::Hours(24 * 7);
  uint64_t retain_bytes = uint64_t{4096} << 20;
  absl::Duration node_retention = absl::Hours(24 * 90);  // for a node that stays away; zero: for ever
  auth::AuditLog::Options audit;                         // an empty path: no audit log
  absl::Duration shutdown_grace = absl::Seconds(10);
  LogLevel log_level = LogLevel::kInfo;
  bool log_json = false;
  std::string log_file;
};

// Errors name file, line and key. Refuses plaintext on addresses other than loopback.
absl::StatusOr<HubConfig> ReadHubConfig(const ConfigFile& file);
absl::StatusOr<HubConfig> LoadHubConfig(const std::string& path);

// The fully qualified name of this host, or its short name when there is no better one.
std::string HostIdentity();

}  // namespace orch::hub

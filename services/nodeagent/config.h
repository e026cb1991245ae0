// The checked configuration of the node agent (agent.yaml). A value; made in main, read by Agent.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/access/policy_folder.h"
#include "auth/audit/audit_log.h"
#include "auth/peer_tls.h"
#include "base/config_file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/net/address.h"
#include "services/nodeagent/facts/facts_config.h"

namespace orch::nodeagent {

inline constexpr char kDefaultConfigPath[] = "/etc/orch/agent.yaml";

struct AgentConfig {
  std::string file;  // the path of agent.yaml
  std::vector<Address> hubs;
  std::string identity;
  std::string credentials;
  std::string state_dir;  // empty only in tests; then nothing is durable
  auth::PeerTlsOptions tls;
  auth::AuditLog::Options audit;  // an empty path: no audit log
  std::vector<std::string> collectives;
  std::string main_collective;
  FactsConfig facts;
  std::vector<std::string> classes_files;
  int64_t workers = 8;
  int64_t queue = 100;
  absl::Duration reconnect_min;
  absl::Duration reconnect_max;
  absl::Duration shutdown_grace;
  std::vector<std::string> plugin_directories = {"/etc/orch/plugins.d", "/usr/lib/orch/plugins"};
  std::vector<std::string> mcollective_libdirs;        // library folders of MCollective's agents
  auth::PolicyFolder::Options policies;                // no folder by default, only in tests
  std::map<std::string, std::string> plugin_settings;  // "package.provider" → "apt"
  LogLevel log_level = LogLevel::kInfo;
  bool log_json = false;
  std::string log_file;

  std::vector<std::string> HubNames() const;
  // Returns the items that rpcutil get_config_item may show, under our names and MCollective's.
  std::map<std::string, Json> Public() const;
};

// `host_name` is the identity if the file sets none. Every error names file and line.
absl::StatusOr<AgentConfig> LoadAgentConfig(const std::string& path, const std::string& host_name);
absl::StatusOr<AgentConfig> ReadAgentConfig(const ConfigFile& file, const std::string& path,
                                            const std::string& host_name);

}  // namespace orch::nodeagent

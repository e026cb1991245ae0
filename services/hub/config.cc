#include "services/hub/config.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "auth/audit/audit_settings.h"
#include "base/config_reader.h"
#include "base/daemon/system_journal.h"
#include "base/status_macros.h"
#include "filter/filter.h"
#include "services/hub/login/curl_http.h"

namespace orch::hub {
namespace {

void ReadListen(ConfigReader* read, HubConfig* config) {
  const std::vector<std::string> texts = read->List("listen", {absl::StrCat("0.0.0.0:", kDefaultPort)});
  if (texts.empty())
    read->Fail("listen", absl::StrCat("must name at least one address, such as 0.0.0.0:", kDefaultPort));
  for (const std::string& text : texts) {
    absl::StatusOr<Address> address = ParseListenAddress(text);
    if (address.ok() && config->plaintext) {
      if (const absl::Status local = CheckPlaintextAddress(*address); !local.ok()) address = local;
    }
    if (!address.ok()) {
      read->Fail("listen", address.status().message());
    } else {
      config->listen.push_back(*std::move(address));
    }
  }
}

void ReadTls(ConfigReader* read, HubConfig* config) {
  auth::HubTls::Options& tls = config->tls;
  config->plaintext = read->Choice("tls.mode", "on", {"on", "plaintext"}) == "plaintext";
  const auto mode = auth::ParseMtlsMode(read->Choice("mtls.mode", "off", {"off", "optional", "required"}));
  if (mode.ok()) tls.mode = *mode;
  tls.certificate_file = read->String("tls.certificate", "/etc/orch/tls/hub.crt");
  tls.key_file = read->String("tls.key", "/etc/orch/tls/hub.key");
  tls.client_ca_file = read->String("mtls.ca", "/etc/orch/tls/ca.crt");
  tls.crl_file = read->String("mtls.crl", "");
  tls.clients = read->List("mtls.clients", {});
  config->ca_key = read->String("mtls.ca_key", config->ca_key);
  if (tls.mode != auth::MtlsMode::kOff && config->plaintext) {
    read->Fail("mtls.mode", "needs TLS: set tls.mode to on, or mtls.mode to off");
  }
}

auth::PskPolicy ReadPskPolicy(ConfigReader* read, absl::string_view key) {
  const auto policy = auth::ParsePskPolicy(read->Choice(key, "warn", {"allow", "warn", "refuse"}));
  return policy.ok() ? *policy : auth::PskPolicy::kWarn;
}

void ReadLogin(ConfigReader* read, HubConfig* config) {
  LoginSettings& login = config->login;
  login.issuer = read->String("security.login.issuer", "");
  login.client_id = read->String("security.login.client_id", "");
  login.client_secret_file = read->String("security.login.client_secret_file", "");
  login.scopes = read->String("security.login.scopes", login.scopes);
  login.name_claim = read->String("security.login.name_claim", login.name_claim);
  login.groups_claim = read->String("security.login.groups_claim", login.groups_claim);
  login.required_group = read->String("security.login.required_group", "");
  login.key_lifetime =
      read->Duration("security.login.key_lifetime", login.key_lifetime, absl::Minutes(1), absl::Hours(24 * 7));
  login.ca_file = read->String("security.login.ca", "");
  if (!login.enabled()) return;
  if (!IsProviderUrl(login.issuer)) {
    read->Fail("security.login.issuer", "must be an https address (or http on a loopback address)");
  }
  if (login.client_id.empty()) read->Fail("security.login.client_id", "must be set, as the provider knows this hub");
  const std::vector<std::string> scopes = absl::StrSplit(login.scopes, ' ');
  if (std::find(scopes.begin(), scopes.end(), "openid") == scopes.end()) {
    read->Fail("security.login.scopes", "must contain openid");
  }
  if (config->tls.mode == auth::MtlsMode::kRequired) {
    read->Fail("security.login.issuer", "a login gives a key, and mtls.mode required takes certificates only");
  }
}

void ReadDoors(ConfigReader* read, HubConfig* config) {
  ReadTls(read, config);
  ReadListen(read, config);
  config->port_file = read->String("port_file", "");
  config->identity = read->String("identity", HostIdentity());
  if (!filter::IsIdentity(config->identity)) {
    read->Fail("identity", "must be 1 to 255 characters of A-Z a-z 0-9 _ . -, not begin with -");
  }
  config->credentials = read->String("credentials", config->credentials);
  config->local_group = read->String("local.group", "");
  config->administrators = read->List("administrators", {});
  config->access_file = read->String("access", config->access_file);
  config->tls.node_psk = ReadPskPolicy(read, "security.node_psk");
  config->tls.client_psk = ReadPskPolicy(read, "security.client_psk");
  config->policy_folder = read->String("policies.folder", config->policy_folder);
  ReadLogin(read, config);
}

void ReadLimits(ConfigReader* read, HubConfig* config) {
  config->max_nodes = read->Int("limits.nodes", 20'000, 1, 1'000'000);
  config->max_clients = read->Int("limits.clients", 1000, 1, 100'000);
  config->max_jobs = read->Int("limits.jobs", 1000, 1, 100'000);
  config->max_handshakes = read->Int("limits.handshakes", 500, 1, 100'000);
  config->max_unauthenticated_per_source = read->Int("limits.unauthenticated_per_source", 200, 1, 100'000);
}

void ReadStore(ConfigReader* read, HubConfig* config) {
  config->store = read->String("store", config->store);
  if (config->store != kStoreInMemory && !absl::StartsWith(config->store, "/")) {
    read->Fail("store", "must be memory or the absolute path of a file");
  }
  config->retain_jobs = read->Int("job_retention.count", 1000, 0, 1'000'000);
  config->retain_age =
      read->Duration("job_retention.age", config->retain_age, absl::ZeroDuration(), absl::Hours(24 * 365));
  config->node_retention =
      read->Duration("node_retention", config->node_retention, absl::ZeroDuration(), absl::Hours(24 * 3650));
  if (config->node_retention > absl::ZeroDuration() && config->node_retention < absl::Hours(1)) {
    read->Fail("node_retention", "must be at least 1h, or 0 to keep nodes that stay away for ever");
  }
  config->retain_bytes = static_cast<uint64_t>(read->Int("job_retention.megabytes", 4096, 16, 1'000'000)) << 20;
}

// The log is beside the store, unless it is set. A hub that keeps its jobs in memory keeps no audit log either, unless
// it is told to.
void ReadAudit(ConfigReader* read, HubConfig* config) {
  const std::filesystem::path folder = std::filesystem::path(config->store).parent_path() / "audit";
  const std::string beside = config->store == kStoreInMemory ? "" : (folder / "audit.jsonl").string();
  config->audit = auth::ReadAuditSettings(read, beside, "orch-hub-audit", SendToJournal);
}

}  // namespace

absl::StatusOr<HubConfig> ReadHubConfig(const ConfigFile& file) {
  HubConfig config;
  ConfigReader read(&file);
  ReadDoors(&read, &config);
  ReadLimits(&read, &config);
  ReadStore(&read, &config);
  ReadAudit(&read, &config);
  config.heartbeat = read.Duration("heartbeat", config.heartbeat, absl::Seconds(1), absl::Hours(1));
  config.stale_after = read.Duration("stale_after", config.stale_after, absl::Seconds(2), absl::Hours(24));
  if (config.stale_after <= config.heartbeat) read.Fail("stale_after", "must be longer than heartbeat");
  config.shutdown_grace = read.Duration("shutdown_grace", config.shutdown_grace, absl::ZeroDuration(), absl::Hours(1));
  const std::string level = read.Choice("log.level", "info", {"debug", "info", "warning", "error", "off"});
  if (!ParseLogLevel(level, &config.log_level).ok()) config.log_level = LogLevel::kInfo;
  config.log_json = read.Choice("log.format", "text", {"text", "json"}) == "json";
  config.log_file = read.String("log.file", "");
  ORCH_RETURN_IF_ERROR(read.Finish());
  return config;
}

absl::StatusOr<HubConfig> LoadHubConfig(const std::string& path) {
  ORCH_ASSIGN_OR_RETURN(const ConfigFile file, ConfigFile::Load(path));
  return ReadHubConfig(file);
}

std::string HostIdentity() {
  char name[256] = "";
  if (gethostname(name, sizeof name - 1) != 0 || name[0] == '\0') return "localhost";
  addrinfo hints{};
  hints.ai_flags = AI_CANONNAME;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(name, nullptr, &hints, &found) != 0) return name;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);
  const std::string canonical = found->ai_canonname == nullptr ? "" : found->ai_canonname;
  return filter::IsIdentity(canonical) && absl::StrContains(canonical, '.') ? canonical : name;
}

}  // namespace orch::hub

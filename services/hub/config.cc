#include "services/hub/config.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/config_reader.h"
#include "base/status_macros.h"
#include "filter/filter.h"

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

}  // namespace

absl::StatusOr<HubConfig> ReadHubConfig(const ConfigFile& file) {
  HubConfig config;
  ConfigReader read(&file);
  ReadDoors(&read, &config);
  ReadLimits(&read, &config);
  ReadStore(&read, &config);
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

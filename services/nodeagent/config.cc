#include "services/nodeagent/config.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth/audit/audit_settings.h"
#include "base/config_reader.h"
#include "base/daemon/system_journal.h"
#include "base/status_macros.h"
#include "filter/filter.h"
#include "services/nodeagent/state_dir.h"

namespace orch::nodeagent {
namespace {

constexpr size_t kMaxHubs = 16;

const std::vector<std::string>& DefaultClassesFiles() {
  static const auto* const files = new std::vector<std::string>{
      "/opt/puppetlabs/puppet/cache/state/classes.txt", "/var/lib/puppet/state/classes.txt",
      "/var/cache/puppet/state/classes.txt", "/var/opt/lib/pe-puppet/classes.txt"};
  return *files;
}

void ReadConnection(ConfigReader* read, const std::string& host_name, AgentConfig* config) {
  const std::vector<std::string> hubs = read->List("hub", {});
  if (hubs.empty()) read->Fail("hub", "is missing; give the hub's address, such as hub.example.com:61613");
  if (hubs.size() > kMaxHubs) read->Fail("hub", absl::StrCat("lists more than ", kMaxHubs, " addresses"));
  for (const std::string& text : hubs) {
    absl::StatusOr<Address> address = ParseAddress(text);
    if (address.ok()) {
      config->hubs.push_back(*std::move(address));
    } else {
      read->Fail("hub", address.status().message());
    }
  }
  config->identity = read->String("identity", host_name);
  if (!filter::IsIdentity(config->identity)) {
    read->Fail("identity", absl::StrCat("'", config->identity, "' is no identity; use letters, digits, '.', '-', '_'"));
  }
  config->credentials = read->String("credentials", "/etc/orch/credentials");
  config->tls.plaintext = read->Choice("tls.mode", "on", {"on", "plaintext"}) == "plaintext";
  config->tls.ca_file = read->String("tls.ca", "");
  config->tls.server_name = read->String("tls.server_name", "");
  config->tls.certificate_file = read->String("tls.certificate", "");
  config->tls.key_file = read->String("tls.key", "");
  if (const absl::Status tls = auth::CheckPeerTlsOptions(config->tls); !tls.ok()) {
    read->Fail(config->tls.ca_file.empty() ? "tls.certificate" : "tls.ca", tls.message());
  }
  for (const Address& hub : config->hubs) {
    if (!config->tls.plaintext) break;
    if (const absl::Status allowed = CheckPlaintextAddress(hub); !allowed.ok()) {
      read->Fail("tls.mode", allowed.message());
    }
  }
  config->reconnect_min = read->Duration("reconnect.min", absl::Seconds(1), absl::Milliseconds(10), absl::Hours(1));
  config->reconnect_max = read->Duration("reconnect.max", absl::Seconds(60), absl::Milliseconds(10), absl::Hours(1));
  if (config->reconnect_max < config->reconnect_min) read->Fail("reconnect.max", "is below reconnect.min");
}

void ReadFacts(ConfigReader* read, FactsConfig* facts) {
  facts->files = read->List("facts.files", {});
  facts->directory = read->String("facts.directory", facts->directory);
  facts->facter = read->String("facts.facter", facts->facter);
  if (facts->facter != "auto" && facts->facter != "off" && !absl::StartsWith(facts->facter, "/")) {
    read->Fail("facts.facter", "must be auto, off or the path of the program");
  }
  facts->builtin = read->Bool("facts.builtin", true);
  facts->interval = read->Duration("facts.interval", facts->interval, absl::Seconds(5), absl::Hours(24));
  facts->timeout = read->Duration("facts.timeout", facts->timeout, absl::Seconds(1), absl::Minutes(10));
}

void ReadCollectives(ConfigReader* read, AgentConfig* config) {
  config->collectives = read->List("collectives", {"mcollective"});
  if (config->collectives.empty()) read->Fail("collectives", "is empty; a node is in one collective at least");
  for (const std::string& name : config->collectives) {
    if (!filter::IsIdentity(name)) read->Fail("collectives", absl::StrCat("'", name, "' is no name of a collective"));
  }
  config->main_collective = read->String("main_collective", config->collectives.empty() ? "" : config->collectives[0]);
  if (std::find(config->collectives.begin(), config->collectives.end(), config->main_collective) ==
      config->collectives.end()) {
    read->Fail("main_collective", absl::StrCat("'", config->main_collective, "' is not among collectives"));
  }
}

std::vector<std::string> ReadFolders(ConfigReader* read, const char* key, const std::vector<std::string>& absent) {
  std::vector<std::string> folders = read->List(key, absent);
  for (const std::string& folder : folders) {
    if (!absl::StartsWith(folder, "/")) read->Fail(key, absl::StrCat("'", folder, "' is no absolute path"));
  }
  return folders;
}

auth::PolicyFolder::Options ReadPolicies(ConfigReader* read) {
  auth::PolicyFolder::Options policies;
  policies.folder = read->String("policies.folder", "/etc/orch/policies");
  if (!absl::StartsWith(policies.folder, "/")) read->Fail("policies.folder", "must be an absolute path");
  policies.allow_unconfigured = read->Choice("policies.unconfigured", "allow", {"allow", "deny"}) == "allow";
  policies.use_default = read->Bool("policies.use_default", false);
  return policies;
}

bool MaySayASecret(absl::string_view name) {
  const std::string lower = absl::AsciiStrToLower(name);
  for (const absl::string_view word : {"pass", "secret", "psk", "token", "key", "credential"}) {
    if (absl::StrContains(lower, word)) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<AgentConfig> ReadAgentConfig(const ConfigFile& file, const std::string& path,
                                            const std::string& host_name) {
  ConfigReader read(&file);
  AgentConfig config;
  config.file = path;
  ReadConnection(&read, host_name, &config);
  ReadCollectives(&read, &config);
  ReadFacts(&read, &config.facts);
  config.classes_files = read.List("classes_files", DefaultClassesFiles());
  config.state_dir = read.String("state_dir", kDefaultStateDir);
  if (!absl::StartsWith(config.state_dir, "/")) read.Fail("state_dir", "must be an absolute path");
  config.audit =
      auth::ReadAuditSettings(&read, absl::StrCat(config.state_dir, "/audit.jsonl"), "orch-agent-audit", SendToJournal);
  config.workers = read.Int("tasks.workers", 8, 1, 256);
  config.queue = read.Int("tasks.queue", 100, 1, 10'000);
  config.shutdown_grace = read.Duration("shutdown_grace", absl::Seconds(10), absl::ZeroDuration(), absl::Hours(1));
  config.plugin_directories = ReadFolders(&read, "plugins.directories", config.plugin_directories);
  config.mcollective_libdirs = ReadFolders(&read, "plugins.mcollective", {});
  config.policies = ReadPolicies(&read);
  config.plugin_settings = read.Section("plugin");
  const std::string level = read.Choice("log.level", "info", {"debug", "info", "warning", "error", "off"});
  ORCH_RETURN_IF_ERROR(ParseLogLevel(level, &config.log_level));
  config.log_json = read.Choice("log.format", "text", {"text", "json"}) == "json";
  config.log_file = read.String("log.file", "");
  ORCH_RETURN_IF_ERROR(read.Finish());
  return config;
}

absl::StatusOr<AgentConfig> LoadAgentConfig(const std::string& path, const std::string& host_name) {
  ORCH_ASSIGN_OR_RETURN(const ConfigFile file, ConfigFile::Load(path));
  return ReadAgentConfig(file, path, host_name);
}

std::vector<std::string> AgentConfig::HubNames() const {
  std::vector<std::string> names;
  for (const Address& hub : hubs) names.push_back(hub.Text());
  return names;
}

std::map<std::string, Json> AgentConfig::Public() const {
  std::map<std::string, Json> items = {
      {"hub", HubNames()},
      {"identity", identity},
      {"collectives", collectives},
      {"main_collective", main_collective},
      {"classes_files", classes_files},
      {"classesfile", classes_files.empty() ? Json("") : Json(classes_files[0])},
      {"configfile", file},
      {"facts.files", facts.files},
      {"facts.directory", facts.directory},
      {"facts.facter", facts.facter},
      {"facts.builtin", facts.builtin},
      {"facts.interval", absl::ToInt64Seconds(facts.interval)},
      {"facts.timeout", absl::ToInt64Seconds(facts.timeout)},
      {"fact_cache_time", absl::ToInt64Seconds(facts.interval)},
      {"plugins.directories", plugin_directories},
      {"plugins.mcollective", mcollective_libdirs},
      {"policies.folder", policies.folder},
      {"policies.unconfigured", policies.allow_unconfigured ? "allow" : "deny"},
      {"policies.use_default", policies.use_default},
      {"state_dir", state_dir},
      {"audit.file", audit.path.empty() ? "none" : audit.path},
      {"audit.required", audit.required},
      {"tasks.workers", workers},
      {"tasks.queue", queue},
      {"tls.mode", tls.plaintext ? "plaintext" : "on"},
      {"log.format", log_json ? "json" : "text"},
      {"log.file", log_file},
      {"logfile", log_file},
  };
  for (const auto& [name, value] : plugin_settings) {
    if (!MaySayASecret(name)) items.emplace(absl::StrCat("plugin.", name), value);
  }
  return items;
}

}  // namespace orch::nodeagent

#include "cli/session/client_config.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/config_file.h"
#include "base/config_reader.h"
#include "base/status_macros.h"

namespace orch::cli {
namespace {

bool IsThere(const std::string& path) {
  struct stat info;
  return ::stat(path.c_str(), &info) == 0;
}

std::string LoginName(const Environment& env) {
  if (const struct passwd* entry = ::getpwuid(::geteuid()); entry != nullptr) return entry->pw_name;
  return env.Variable("USER").empty() ? "orchctl" : env.Variable("USER");
}

absl::StatusOr<ConfigFile> FindConfig(const Environment& env, const std::string& config_file, std::string* used) {
  *used = config_file.empty() ? env.Variable("ORCHCTL_CONFIG") : config_file;
  if (!used->empty()) return ConfigFile::Load(*used);
  for (const std::string& path : {ExpandHome(env, "~/.orch/client.yaml"), std::string("/etc/orch/client.yaml")}) {
    if (!IsThere(path)) continue;
    *used = path;
    return ConfigFile::Load(path);
  }
  return ConfigFile::Empty("defaults");
}

}  // namespace

std::string ExpandHome(const Environment& env, const std::string& path) {
  if (path != "~" && !absl::StartsWith(path, "~/")) return path;
  const std::string home = env.Variable("HOME");
  return home.empty() ? "" : absl::StrCat(home, path.substr(1));
}

absl::StatusOr<ClientConfig> LoadClientConfig(const Environment& env, const std::string& config_file,
                                              const std::string& hub) {
  ClientConfig config;
  ORCH_ASSIGN_OR_RETURN(const ConfigFile file, FindConfig(env, config_file, &config.file));
  ConfigReader read(&file);
  const std::string configured = read.String("hub", kDefaultHub);
  config.name = read.String("name", "");
  const std::string credentials = read.String("credentials", "");
  config.own_credentials = !credentials.empty();
  if (config.own_credentials) config.credentials = ExpandHome(env, credentials);
  config.tls.plaintext = read.Choice("tls.mode", "on", {"on", "plaintext"}) == "plaintext";
  config.tls.ca_file = ExpandHome(env, read.String("tls.ca", ""));
  config.tls.server_name = read.String("tls.server_name", "");
  config.tls.certificate_file = ExpandHome(env, read.String("tls.certificate", ""));
  config.tls.key_file = ExpandHome(env, read.String("tls.key", ""));
  config.login_key = read.String("login_key", "");
  config.collective = read.String("collective", "");
  config.timeout = read.Duration("timeout", absl::ZeroDuration(), absl::ZeroDuration(), absl::Hours(24));
  const std::string color = read.Choice("color", "auto", {"auto", "always", "never"});
  config.color = color == "always" ? ColorMode::kAlways : color == "never" ? ColorMode::kNever : ColorMode::kAuto;
  config.cache_dir = ExpandHome(env, read.String("cache_dir", "~/.cache/orch"));
  if (const absl::Status tls = auth::CheckPeerTlsOptions(config.tls); !tls.ok()) {
    read.Fail(config.tls.ca_file.empty() ? "tls.certificate" : "tls.ca", tls.message());
  }
  absl::StatusOr<Address> address = ParseAddress(hub.empty() ? configured : hub);
  if (!address.ok() && hub.empty()) read.Fail("hub", address.status().message());
  ORCH_RETURN_IF_ERROR(read.Finish());
  if (!address.ok()) return absl::InvalidArgumentError(absl::StrCat("--hub: ", address.status().message()));
  config.hub = *std::move(address);
  if (config.name.empty()) config.name = LoginName(env);
  return config;
}

}  // namespace orch::cli

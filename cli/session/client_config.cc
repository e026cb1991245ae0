#include "cli/session/client_config.h"

#include <arpa/inet.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/config_file.h"
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

bool IsPort(absl::string_view text) {
  int port = 0;
  return absl::SimpleAtoi(text, &port) && port > 0 && port < 65'536;
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
  config.hub = read.String("hub", kDefaultHub);
  config.name = read.String("name", "");
  config.credentials = ExpandHome(env, read.String("credentials", config.credentials));
  config.tls.plaintext = read.Choice("tls.mode", "on", {"on", "plaintext"}) == "plaintext";
  config.tls.ca_file = ExpandHome(env, read.String("tls.ca", ""));
  config.tls.server_name = read.String("tls.server_name", "");
  config.tls.certificate_file = ExpandHome(env, read.String("tls.certificate", ""));
  config.tls.key_file = ExpandHome(env, read.String("tls.key", ""));
  config.collective = read.String("collective", "");
  config.timeout = read.Duration("timeout", absl::ZeroDuration(), absl::ZeroDuration(), absl::Hours(24));
  config.color = read.Choice("color", "auto", {"auto", "always", "never"});
  config.cache_dir = ExpandHome(env, read.String("cache_dir", "~/.cache/orch"));
  ORCH_RETURN_IF_ERROR(read.Finish());
  if (!hub.empty()) config.hub = hub;
  if (config.name.empty()) config.name = LoginName(env);
  return config;
}

absl::StatusOr<std::string> ChannelTarget(const std::string& address) {
  const auto wrong = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("hub address '", address, "' is wrong; give HOST:PORT, [IPV6]:PORT or unix:/PATH"));
  };
  if (absl::StartsWith(address, "unix:")) return address.size() > 5 ? absl::StatusOr<std::string>(address) : wrong();
  std::string host = address;
  std::string port = absl::StrCat(kDefaultPort);
  const size_t bracket = address.rfind(']');
  const size_t colon = address.rfind(':');
  if (colon != std::string::npos && (bracket == std::string::npos || bracket < colon)) {
    host = address.substr(0, colon);
    port = address.substr(colon + 1);
  }
  if (!IsPort(port) || host.empty() || host.find_first_of(" \t/") != std::string::npos) return wrong();
  unsigned char binary[16];
  if (::inet_pton(AF_INET, host.c_str(), binary) == 1) return absl::StrCat("ipv4:", host, ":", port);
  if (host.front() == '[') {
    const std::string bare = host.substr(1, host.size() - 2);
    if (host.back() != ']' || ::inet_pton(AF_INET6, bare.c_str(), binary) != 1) return wrong();
    return absl::StrCat("ipv6:", host, ":", port);
  }
  if (absl::StrContains(host, ":")) return wrong();
  return absl::StrCat("dns:///", host, ":", port);
}

}  // namespace orch::cli

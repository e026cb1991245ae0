#include "services/hub/init.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "auth/keyring.h"
#include "auth/tls.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "filter/filter.h"

namespace orch::hub {
namespace {

constexpr char kConfigFolder[] = "/etc/orch";  // there the service may read only
constexpr absl::Duration kCertificateLife = absl::Hours(24 * 3650);

struct Files {
  std::string config, credentials, certificate, key, agent, client;
  std::string store;  // empty: the default place. Made by the hub
  std::vector<std::string> All() const { return {config, credentials, certificate, key, agent, client}; }
};

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return ErrnoStatus(error.value(), absl::StrCat("cannot make folder ", path));
}

// How peers reach the hub: its name, or the very address when it listens on one.
std::string PeerAddress(const InitOptions& options) {
  if (absl::StartsWith(options.listen, "unix:")) return options.listen;
  const size_t colon = options.listen.rfind(':');
  const std::string host = options.listen.substr(0, colon);
  const std::string port = options.listen.substr(colon);
  return absl::StrCat(host == "0.0.0.0" || host == "[::]" || host == "::" ? options.identity : host, port);
}

std::string HubYaml(const InitOptions& options, const Files& files) {
  return absl::StrCat("# orch-hub. Every other key has a good default; see the configuration reference.\n",
                      "listen: ", options.listen, "\n", "identity: ", options.identity, "\n",
                      "credentials: ", files.credentials, "\n", "tls:\n  mode: on\n  certificate: ", files.certificate,
                      "\n  key: ", files.key, "\n",
                      files.store.empty() ? "" : absl::StrCat("store: ", files.store, "\n"));
}

std::string AgentYaml(const InitOptions& options, const Files& files) {
  return absl::StrCat("# orch-nodeagent. On another machine: copy this file and the credentials (mode 0600) there.\n",
                      "hub: ", PeerAddress(options), "\n",
                      "# identity: the node's name; its fully qualified one when not set\n",
                      "credentials: ", files.credentials, "\n", "tls:\n  mode: on\n");
}

std::string ClientYaml(const InitOptions& options, const Files& files) {
  return absl::StrCat("# orchctl. A user without access to the PSK gets a credentials file of his own.\n",
                      "hub: ", PeerAddress(options), "\n", "credentials: ", files.credentials, "\n",
                      "tls:\n  mode: on\n");
}

absl::Status CheckOptions(const InitOptions& options) {
  if (!filter::IsIdentity(options.identity)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "identity '", options.identity, "' must be 1 to 255 characters of A-Z a-z 0-9 _ . -, not begin with -"));
  }
  if (!absl::StartsWith(options.listen, "unix:") && !absl::StrContains(options.listen, ':')) {
    return absl::InvalidArgumentError(
        absl::StrCat("listen address '", options.listen, "' has no port; write 0.0.0.0:61613"));
  }
  for (const std::string& text : {options.listen, options.directory}) {
    if (text.find_first_of("\n\r#'\"") != std::string::npos) {
      return absl::InvalidArgumentError("listen and directory may not hold quotes, # or line ends");
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<std::string>> InitHub(const InitOptions& options, absl::Time now, Random* random) {
  ORCH_RETURN_IF_ERROR(CheckOptions(options));
  // Absolute, so that the files hold wherever the programs are started.
  const std::string dir = std::filesystem::absolute(options.directory).lexically_normal().string();
  const Files files = {dir + "/hub.yaml",
                       dir + "/credentials",
                       dir + "/tls/hub.crt",
                       dir + "/tls/hub.key",
                       dir + "/agent.yaml",
                       dir + "/client.yaml",
                       dir == kConfigFolder ? "" : dir + "/jobs.db"};
  for (const std::string& path : files.All()) {
    if (access(path.c_str(), F_OK) == 0) {
      return absl::AlreadyExistsError(
          absl::StrCat(path, " exists and is not overwritten; move it away or choose another folder with --dir"));
    }
  }
  ORCH_RETURN_IF_ERROR(MakeDirectory(dir + "/tls"));
  ORCH_RETURN_IF_ERROR(auth::WriteNewCredentials(files.credentials, "k1", random));
  ORCH_RETURN_IF_ERROR(auth::WriteSelfSignedCertificate(files.certificate, files.key, options.identity,
                                                        {options.identity, "localhost", "127.0.0.1"}, now,
                                                        kCertificateLife));
  ORCH_RETURN_IF_ERROR(WriteFileDurably(files.config, HubYaml(options, files), 0644));
  ORCH_RETURN_IF_ERROR(WriteFileDurably(files.agent, AgentYaml(options, files), 0644));
  ORCH_RETURN_IF_ERROR(WriteFileDurably(files.client, ClientYaml(options, files), 0644));
  return files.All();
}

}  // namespace orch::hub

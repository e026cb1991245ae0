#include "services/hub/init.h"

#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "auth/certificate_authority.h"
#include "auth/keyring.h"
#include "auth/names.h"
#include "auth/new_file.h"
#include "base/durable_file.h"
#include "base/net/address.h"
#include "base/status_macros.h"
#include "filter/filter.h"

namespace orch::hub {
namespace {

constexpr char kConfigFolder[] = "/etc/orch";  // the service may only read there
constexpr absl::Duration kCertificateLife = absl::Hours(24 * 3650);

struct Files {
  std::string config, access, credentials, ca, ca_key, certificate, key, agent, agent_credentials, client,
      client_credentials;
  std::string store;  // empty: the default place; the hub makes the file
  std::vector<std::string> All() const {
    return {config, access, credentials,        ca,    ca_key,           certificate,
            key,    client, client_credentials, agent, agent_credentials};
  }
};

absl::Status MakeDirectory(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error) return absl::OkStatus();
  return ErrnoStatus(error.value(), absl::StrCat("cannot make folder ", path));
}

// How peers reach the hub: by its name, or by its address when it listens on one address only.
std::string PeerAddress(const InitOptions& options, Address address) {
  if (address.host == "0.0.0.0" || address.host == "::") {
    address.kind = Address::Kind::kName;
    address.host = options.identity;
  }
  return address.Text();
}

std::string ListenText(const InitOptions& options) {
  if (options.local_group.empty()) return options.listen;
  return absl::StrCat("['", options.listen, "', 'unix:", kHubSocket, "']");
}

std::string HubYaml(const InitOptions& options, const Files& files) {
  return absl::StrCat(
      "# orch-hub. Every other key has a good default: man orch-hub, docs/CONFIGURATION.md.\n",
      "listen: ", ListenText(options), "\n", "identity: ", options.identity, "\n", "credentials: ", files.credentials,
      "\n", "# Who may do what.\n", "access: ", files.access, "\n",
      options.local_group.empty()
          ? ""
          : absl::StrCat("# Who may use the unix socket, beside root.\nlocal: {group: ", options.local_group, "}\n"),
      "# A reserve of calls and connections is kept for these clients.\n", "administrators: [", options.client, "]\n",
      "# Certificates are taken beside keys: orch-hub key client NAME --pem\n",
      "mtls:\n  mode: optional\n  ca: ", files.ca, "\n  ca_key: ", files.ca_key,
      "\ntls:\n  certificate: ", files.certificate, "\n  key: ", files.key, "\n",
      files.store.empty() ? "" : absl::StrCat("store: ", files.store, "\n"));
}

std::string AccessYaml(const InitOptions& options) {
  return absl::StrCat(
      "# Who may do what: docs/ACCESS.md. The first rule that fits decides, and what no rule allows is denied.\n",
      "# A change takes effect within a second. 'orchctl policy lint FILE' checks this file, 'orchctl policy test' "
      "tries "
      "it.\n",
      "rules:\n", "  - {callers: [client=", options.client, ", cert=", options.client, ", user=root",
      options.local_group.empty() ? "" : absl::StrCat(", unix-group=", options.local_group), "], role: admin}\n",
      "  # Further people, each with a key of their own (orch-hub key client NAME):\n",
      "  # - {callers: client=alice, role: operator}                            # reads, and runs every action\n",
      "  # - {callers: client=bob, role: operator, nodes: trusted.role=web}     # only on nodes with this label\n",
      "  # - {callers: \"*\", role: viewer}                                       # reads\n");
}

std::string AgentYaml(const std::string& hub, const InitOptions& options, const Files& files) {
  return absl::StrCat("# orch-nodeagent, for the node on the hub's own host. Elsewhere: the same file with another\n",
                      "# identity, and credentials with the line that `orch-hub key node IDENTITY` prints here.\n",
                      "hub: ", hub, "\n", "identity: ", options.identity, "\n",
                      "credentials: ", files.agent_credentials, "\n");
}

std::string ClientYaml(const std::string& hub, const InitOptions& options, const Files& files) {
  return absl::StrCat("# orchctl. Each further user: a name of his own, and credentials with the line that\n",
                      "# `orch-hub key client NAME` prints on the hub.\n", "hub: ", hub, "\n", "name: ", options.client,
                      "\n", "credentials: ", files.client_credentials, "\n");
}

absl::Status CheckOptions(const InitOptions& options) {
  if (!filter::IsIdentity(options.identity)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "identity '", options.identity, "' must be 1 to 255 characters of A-Z a-z 0-9 _ . -, not begin with -"));
  }
  if (!auth::IsPeerName(auth::PeerKind::kClient, options.client)) {
    return absl::InvalidArgumentError(
        absl::StrCat("client '", options.client, "' must be letters, digits, '_', '.', '-' or '@'"));
  }
  for (const std::string& text : {options.listen, options.directory}) {
    if (text.find_first_of("\n\r#'\"") != std::string::npos) {
      return absl::InvalidArgumentError("listen and directory may not hold quotes, # or line ends");
    }
  }
  return absl::OkStatus();
}

absl::Status WriteCertificates(const InitOptions& options, const Files& files, absl::Time now) {
  ORCH_RETURN_IF_ERROR(auth::CertificateAuthority::WriteNew(files.ca, files.ca_key, options.identity, now));
  ORCH_ASSIGN_OR_RETURN(const auth::CertificateAuthority authority,
                        auth::CertificateAuthority::Load(files.ca, files.ca_key, now));
  ORCH_ASSIGN_OR_RETURN(
      auth::IssuedCertificate issued,
      authority.IssueForHub(options.identity, {"localhost", "127.0.0.1", "::1"}, now, kCertificateLife));
  const absl::Status written = auth::WriteCertificate(issued, files.certificate, files.key);
  auth::Wipe(&issued.key_pem);
  return written;
}

absl::Status WriteKey(const auth::Keyring& keyring, auth::PeerKind kind, const std::string& name,
                      const std::string& file) {
  ORCH_ASSIGN_OR_RETURN(const auth::Key key, keyring.NewKey(kind, name));
  std::string line = absl::StrCat(auth::DerivedKeyLine(kind, name, key), "\n");
  const absl::Status written = auth::WriteNewFile(file, line, 0600);
  auth::Wipe(&line);
  return written;
}

absl::Status WriteKeys(const InitOptions& options, const Files& files, Random* random) {
  ORCH_RETURN_IF_ERROR(auth::WriteNewCredentials(files.credentials, random));
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<auth::Keyring> keyring, auth::Keyring::Load(files.credentials));
  ORCH_RETURN_IF_ERROR(WriteKey(*keyring, auth::PeerKind::kClient, options.client, files.client_credentials));
  return WriteKey(*keyring, auth::PeerKind::kNode, options.identity, files.agent_credentials);
}

}  // namespace

absl::StatusOr<std::vector<std::string>> InitHub(const InitOptions& options, absl::Time now, Random* random) {
  ORCH_RETURN_IF_ERROR(CheckOptions(options));
  ORCH_ASSIGN_OR_RETURN(const Address address, ParseListenAddress(options.listen));
  // An absolute path, so that the files are valid wherever the programs are started.
  const std::string dir = std::filesystem::absolute(options.directory).lexically_normal().string();
  const Files files = {dir + "/hub.yaml",    dir + "/access.yaml",        dir + "/credentials",
                       dir + "/tls/ca.crt",  dir + "/tls/ca.key",         dir + "/tls/hub.crt",
                       dir + "/tls/hub.key", dir + "/agent.yaml",         dir + "/agent.credentials",
                       dir + "/client.yaml", dir + "/client.credentials", dir == kConfigFolder ? "" : dir + "/jobs.db"};
  for (const std::string& path : files.All()) {
    if (access(path.c_str(), F_OK) == 0) {
      return absl::AlreadyExistsError(
          absl::StrCat(path, " exists and is not overwritten; move it away or choose another folder with --dir"));
    }
  }
  ORCH_RETURN_IF_ERROR(MakeDirectory(dir + "/tls"));
  ORCH_RETURN_IF_ERROR(WriteKeys(options, files, random));
  ORCH_RETURN_IF_ERROR(WriteCertificates(options, files, now));
  const std::string hub = PeerAddress(options, address);
  ORCH_RETURN_IF_ERROR(WriteFileDurably(files.config, HubYaml(options, files), 0644));
  ORCH_RETURN_IF_ERROR(WriteFileDurably(files.access, AccessYaml(options), 0644));
  ORCH_RETURN_IF_ERROR(WriteFileDurably(files.agent, AgentYaml(hub, options, files), 0644));
  ORCH_RETURN_IF_ERROR(WriteFileDurably(files.client, ClientYaml(hub, options, files), 0644));
  return files.All();
}

}  // namespace orch::hub

#include "services/hub/issue_key.h"

#include "absl/strings/str_cat.h"
#include "auth/certificate_authority.h"
#include "auth/names.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

absl::Status CheckPeerName(auth::PeerKind kind, const std::string& name) {
  if (auth::IsPeerName(kind, name)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", name, "' cannot be the name of a ", auth::PeerKindName(kind),
                                                 "; use letters, digits, '_', '.' and '-', at most 255"));
}

}  // namespace

absl::StatusOr<std::string> IssueKey(const HubConfig& config, auth::PeerKind kind, const std::string& name) {
  ORCH_RETURN_IF_ERROR(CheckPeerName(kind, name));
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<auth::Keyring> keyring, auth::Keyring::Load(config.credentials));
  ORCH_ASSIGN_OR_RETURN(const auth::Key key, keyring->NewKey(kind, name));
  return absl::StrCat(auth::DerivedKeyLine(kind, name, key), "\n");
}

absl::StatusOr<std::string> IssuePem(const HubConfig& config, auth::PeerKind kind, const std::string& name,
                                     absl::Time now, absl::Duration valid_for) {
  ORCH_RETURN_IF_ERROR(CheckPeerName(kind, name));
  if (config.tls.mode == auth::MtlsMode::kOff) {
    return absl::FailedPreconditionError(
        "the hub takes no certificates: set mtls.mode to optional in its configuration first, and restart it");
  }
  ORCH_ASSIGN_OR_RETURN(const auth::CertificateAuthority authority,
                        auth::CertificateAuthority::Load(config.tls.client_ca_file, config.ca_key, now));
  ORCH_ASSIGN_OR_RETURN(auth::IssuedCertificate issued, authority.IssueForPeer(kind, name, now, valid_for));
  std::string pem = absl::StrCat(issued.certificate_pem, authority.certificate_pem(), issued.key_pem);
  auth::Wipe(&issued.key_pem);
  return pem;
}

}  // namespace orch::hub

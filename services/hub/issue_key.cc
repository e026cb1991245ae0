#include "services/hub/issue_key.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "auth/certificate_authority.h"
#include "auth/credentials_editor.h"
#include "auth/login_key.h"
#include "auth/names.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

absl::Status CheckPeerName(auth::PeerKind kind, const std::string& name) {
  if (auth::IsPeerName(kind, name)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", name, "' cannot be the name of a ", auth::PeerKindName(kind),
                                                 "; use letters, digits, '_', '.' and '-', at most 255"));
}

constexpr absl::Duration kMaxKeyLife = absl::Hours(24 * 3650);

// "90d", "12h", "30m".
bool ParseLife(absl::string_view text, absl::Duration* life) {
  uint32_t count = 0;
  if (text.size() < 2 || !absl::ascii_isdigit(text[0]) || !absl::SimpleAtoi(text.substr(0, text.size() - 1), &count)) {
    return false;
  }
  const char unit = text.back();
  *life = count * (unit == 'd' ? absl::Hours(24) : unit == 'h' ? absl::Hours(1) : absl::Minutes(1));
  return unit == 'd' || unit == 'h' || unit == 'm';
}

}  // namespace

absl::StatusOr<int64_t> ParseKeyEnd(absl::string_view text, absl::Time now) {
  absl::Duration life;
  absl::Time end;
  std::string error;
  if (ParseLife(text, &life)) {
    end = now + life;
  } else if (!absl::ParseTime("%Y-%m-%d", text, &end, &error) &&
             !absl::ParseTime(absl::RFC3339_full, text, &end, &error)) {
    return absl::InvalidArgumentError(absl::StrCat("--expires '", absl::CHexEscape(text.substr(0, 40)),
                                                   "' is no time; write 90d, 12h, 2027-01-03 or ",
                                                   "2027-01-03T12:00:00Z"));
  }
  if (end < now + absl::Minutes(1) || end > now + kMaxKeyLife) {
    return absl::InvalidArgumentError(
        absl::StrCat("--expires ", text, " is not between a minute and ten years from now"));
  }
  return absl::ToUnixSeconds(end);
}

absl::StatusOr<std::string> IssueKey(const HubConfig& config, auth::PeerKind kind, const std::string& name,
                                     KeyEnd end) {
  ORCH_RETURN_IF_ERROR(CheckPeerName(kind, name));
  if (end.replace) ORCH_RETURN_IF_ERROR(auth::RaiseGeneration(config.credentials, kind, name).status());
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<auth::Keyring> keyring, auth::Keyring::Load(config.credentials));
  ORCH_ASSIGN_OR_RETURN(const auth::Key key, keyring->NewKey(kind, name, end.expires_s));
  return absl::StrCat(auth::DerivedKeyLine(kind, name, key), "\n");
}

absl::StatusOr<std::string> IssueLoginKey(const HubConfig& config) {
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<auth::Keyring> keyring, auth::Keyring::Load(config.credentials));
  ORCH_ASSIGN_OR_RETURN(const auth::LoginKey key, auth::MakeLoginKey(*keyring));
  return absl::StrCat(key.Text(), "\n");
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

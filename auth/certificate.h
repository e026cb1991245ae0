// What is read from PEM text. Owned by nobody; pure but for OpenSSL's per-thread error queue.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/keyring.h"
#include "auth/openssl_ptr.h"

namespace orch::auth {

// First certificate of the text; InvalidArgument when there is none.
absl::StatusOr<X509Ptr> ParseCertificate(absl::string_view pem);
// First private key of the text, without a passphrase. The message never holds any of it.
absl::StatusOr<PkeyPtr> ParsePrivateKey(absl::string_view pem);

// FailedPrecondition with both dates when `now` is outside its validity.
absl::Status CheckValidity(X509* certificate, absl::Time now);
// Whom a certificate names: its common name, or its first DNS name when it has none. A certificate of the hub's own CA
// also says in a URI name ("orch:client/deploy") for which kind of peer it was issued.
struct CertificateIdentity {
  std::string name;
  std::optional<PeerKind> issued_for;
};
// `by_own_ca`: whether such names count.
CertificateIdentity IdentityOf(X509* certificate, bool by_own_ca);
// Whether an authority has the name that `orch-hub init` gives (CertificateAuthority). Only of those that are trusted.
bool IsOwnAuthority(X509* authority);
inline constexpr absl::string_view kOwnAuthority = "orch CA of ";  // the beginning of its common name
// The URI name that says so.
std::string IssuedForUri(PeerKind kind, absl::string_view name);

std::string DerOf(X509* certificate);
X509Ptr CertificateFromDer(absl::string_view der);  // null when it is none

}  // namespace orch::auth

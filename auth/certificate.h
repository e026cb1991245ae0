// Reads certificates and keys, and the identities in them. Keeps no state except OpenSSL's per-thread error queue.
// Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/keyring.h"
#include "auth/labels.h"
#include "auth/openssl_ptr.h"

namespace orch::auth {

// Returns the first certificate of the text; InvalidArgument if there is none.
absl::StatusOr<X509Ptr> ParseCertificate(absl::string_view pem);
// Returns the first private key of the text, which must have no passphrase. An error message never holds a part of it.
absl::StatusOr<PkeyPtr> ParsePrivateKey(absl::string_view pem);

// FailedPrecondition with both dates if `now` is outside the validity of the certificate.
absl::Status CheckValidity(X509* certificate, absl::Time now);
// The identity that a certificate names: its common name, or its first DNS name if it has none. A certificate of the
// hub's own CA also tells in a URI name ("orch:client/deploy") for which kind of peer it was issued.
struct CertificateIdentity {
  std::string name;
  std::optional<PeerKind> issued_for;
};
// `by_own_ca` tells that the hub's own CA issued the certificate, so that its URI name counts.
CertificateIdentity IdentityOf(X509* certificate, bool by_own_ca);
// The labels that Puppet's trusted extensions give (OIDs 1.3.6.1.4.1.34380.1.1.N, .1.2 and .1.3.N): `pp_role`,
// `pp_auth_role` and the like, and for others the last part of the OID ("ext_1_2_77"). Reads at most kMaxLabels of
// them, and only values that are one DER string of UTF-8, IA5 or printable text within the bounds of a label. Ask only
// about certificates that were verified.
Labels LabelsOf(X509* certificate);
// Whether the authority has the name that `orch-hub init` gives (CertificateAuthority). Ask only about authorities that
// are trusted already.
bool IsOwnAuthority(X509* authority);
inline constexpr absl::string_view kOwnAuthority = "orch CA of ";  // the beginning of its common name
// Returns the URI name for a peer of that kind and name.
std::string IssuedForUri(PeerKind kind, absl::string_view name);

std::string DerOf(X509* certificate);
X509Ptr CertificateFromDer(absl::string_view der);  // null if the bytes are no certificate

}  // namespace orch::auth

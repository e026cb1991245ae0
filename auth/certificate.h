// What is read from PEM text. Owned by nobody; pure but for OpenSSL's per-thread error queue.
#pragma once

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/openssl_ptr.h"

namespace orch::auth {

// First certificate of the text; InvalidArgument when there is none.
absl::StatusOr<X509Ptr> ParseCertificate(absl::string_view pem);
// First private key of the text, without a passphrase. The message never holds any of it.
absl::StatusOr<PkeyPtr> ParsePrivateKey(absl::string_view pem);

// FailedPrecondition with both dates when `now` is outside its validity.
absl::Status CheckValidity(X509* certificate, absl::Time now);
// Whether the certificate is for this host name or address (RFC 6125 as OpenSSL has it).
bool CertificateFitsHost(X509* certificate, absl::string_view host);

}  // namespace orch::auth

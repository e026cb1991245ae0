// The TLS settings that hub and peer share: TLS 1.3 only, X25519 first, cipher suites with SHA-256, ALPN h2, no
// tickets, no renegotiation. Other suites are excluded because an external PSK has a hash, and with a suite of another
// hash OpenSSL 3.0 silently continues by certificate. Thread-safe; keeps no state.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/openssl_ptr.h"

namespace orch::auth {

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContextPtr = std::shared_ptr<SSL_CTX>;

enum class TlsSide { kHub, kPeer };
absl::StatusOr<SslContextPtr> MakeTlsContext(TlsSide side);

// Returns the external PSK in the form that OpenSSL takes, an invented session. `tls_key` has 32 bytes. Null if there
// is no memory.
SSL_SESSION* MakePskSession(SSL* ssl, absl::string_view tls_key);

inline constexpr unsigned char kAlpnH2[] = {2, 'h', '2'};
// Whether the handshake has agreed on h2, the only protocol of gRPC.
bool SpeaksH2(const SSL* ssl);

// Loads a certificate chain and its key into `context`. Checks that both are readable, that others cannot read the key,
// that they are one pair, and that they are valid at `now` unless that is absl::InfiniteFuture().
absl::Status UseIdentity(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file,
                         absl::Time now);
// Loads the certificates of a PEM file as a store to verify against, with the revocation list `crl_file` unless that is
// empty. `what` names the setting in errors.
struct X509StoreDeleter {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
using X509StorePtr = std::unique_ptr<X509_STORE, X509StoreDeleter>;
absl::StatusOr<X509StorePtr> LoadStore(absl::string_view what, const std::string& ca_file, const std::string& crl_file);

}  // namespace orch::auth

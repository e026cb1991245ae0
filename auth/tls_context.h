// What both sides of a TLS connection of ours have in common: TLS 1.3 only, X25519 first, suites whose hash is SHA-256
// (an external PSK has a hash, and with any other suite OpenSSL 3.0 goes on by certificate without a word), ALPN h2,
// no tickets, no renegotiation. Pure but for OpenSSL.
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

// The external PSK as OpenSSL takes it: a session that never was. `tls_key`: 32 bytes. Null when memory is out.
SSL_SESSION* MakePskSession(SSL* ssl, absl::string_view tls_key);

inline constexpr unsigned char kAlpnH2[] = {2, 'h', '2'};
// Whether the handshake has agreed on h2; gRPC speaks nothing else.
bool SpeaksH2(const SSL* ssl);

// A certificate chain and its key, checked: readable, key not open to others, both of one pair, and valid at `now`
// unless that is absl::InfiniteFuture(). `context` is given both.
absl::Status UseIdentity(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file,
                         absl::Time now);
// The certificates of a PEM file as a store to verify against, with its revocation list when `crl_file` is not empty.
struct X509StoreDeleter {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
using X509StorePtr = std::unique_ptr<X509_STORE, X509StoreDeleter>;
absl::StatusOr<X509StorePtr> LoadStore(absl::string_view what, const std::string& ca_file, const std::string& crl_file);

}  // namespace orch::auth

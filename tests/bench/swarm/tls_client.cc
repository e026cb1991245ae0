#include "tests/bench/swarm/tls_client.h"

#include <cstdio>
#include <cstdlib>

namespace orch::swarm {
namespace {

constexpr unsigned char kAes128GcmSha256[] = {0x13, 0x01};
constexpr unsigned char kAlpn[] = {2, 'h', '2'};

int OfferKey(SSL* ssl, const EVP_MD* digest, const unsigned char** id, size_t* id_size, SSL_SESSION** session) {
  const auto* const key = static_cast<const HandshakeKey*>(SSL_get_app_data(ssl));
  *session = nullptr;
  const SSL_CIPHER* const cipher = SSL_CIPHER_find(ssl, kAes128GcmSha256);
  if (digest != nullptr && digest != SSL_CIPHER_get_handshake_digest(cipher)) return 1;
  SSL_SESSION* const made = SSL_SESSION_new();
  const bool ok = made != nullptr &&
                  SSL_SESSION_set1_master_key(made, reinterpret_cast<const unsigned char*>(key->tls_key.data()),
                                              key->tls_key.size()) == 1 &&
                  SSL_SESSION_set_cipher(made, cipher) == 1 &&
                  SSL_SESSION_set_protocol_version(made, TLS1_3_VERSION) == 1;
  if (!ok) {
    SSL_SESSION_free(made);
    return 0;
  }
  *session = made;
  *id = reinterpret_cast<const unsigned char*>(key->identity.data());
  *id_size = key->identity.size();
  return 1;
}

}  // namespace

TlsClient::TlsClient() : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
  SSL_CTX* const context = context_.get();
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_alpn_protos(context, kAlpn, sizeof kAlpn);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context, "X25519");
  SSL_CTX_set_psk_use_session_callback(context, OfferKey);
}

SSL* TlsClient::Connect(int fd, const HandshakeKey* key) const {
  SSL* const ssl = SSL_new(context_.get());
  if (ssl == nullptr || SSL_set_fd(ssl, fd) != 1) {
    std::fprintf(stderr, "no memory for a TLS connection\n");
    std::exit(1);
  }
  SSL_set_app_data(ssl, const_cast<HandshakeKey*>(key));  // NOLINT: OpenSSL's type
  SSL_set_connect_state(ssl);
  return ssl;
}

}  // namespace orch::swarm

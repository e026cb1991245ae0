// The TLS 1.3 handshake of many nodes with one context: each proves its own key (docs/PROTOCOL.md). The hub proves the
// same key by finishing the handshake. One thread.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

namespace orch::swarm {

// The key of one connection; outlives its handshake.
struct HandshakeKey {
  std::string identity;
  std::string tls_key;
};

class TlsClient {
 public:
  TlsClient();
  // A connection over `fd` in connect state; the caller frees it.
  SSL* Connect(int fd, const HandshakeKey* key) const;

 private:
  std::shared_ptr<SSL_CTX> context_;
};

}  // namespace orch::swarm

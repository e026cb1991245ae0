// Both ends of TLS connections for tests: one fixed pre-shared key, no certificate, no file.
#pragma once

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "base/net/tls_pump.h"
#include "base/unique_fd.h"

namespace orch {

inline SSL_SESSION* FixedSession(SSL* ssl, char letter) {
  const std::string key(32, letter);
  const unsigned char suite[] = {0x13, 0x01};
  SSL_SESSION* session = SSL_SESSION_new();
  SSL_SESSION_set1_master_key(session, reinterpret_cast<const unsigned char*>(key.data()), key.size());
  SSL_SESSION_set_cipher(session, SSL_CIPHER_find(ssl, suite));
  SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION);
  return session;
}

// `letter`: the key, so that two sides with different ones do not come together.
template <char kLetter>
SslPtr MakeSsl(bool server) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(
      SSL_CTX_new(server ? TLS_server_method() : TLS_client_method()), SSL_CTX_free);
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context.get(), "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_num_tickets(context.get(), 0);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_psk_find_session_callback(context.get(),
                                        [](SSL* ssl, const unsigned char*, size_t, SSL_SESSION** session) {
                                          *session = FixedSession(ssl, kLetter);
                                          return 1;
                                        });
  SSL_CTX_set_psk_use_session_callback(
      context.get(), [](SSL* ssl, const EVP_MD*, const unsigned char** identity, size_t* size, SSL_SESSION** session) {
        *session = FixedSession(ssl, kLetter);
        *identity = reinterpret_cast<const unsigned char*>("peer");
        *size = 4;
        return 1;
      });
  SslPtr ssl(SSL_new(context.get()));
  server ? SSL_set_accept_state(ssl.get()) : SSL_set_connect_state(ssl.get());
  return ssl;
}

struct FdPair {
  UniqueFd a, b;
};
// Connected, non-blocking.
inline FdPair MakePair() {
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds) != 0) std::abort();
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

// All that can be read now.
inline std::string ReadAll(int fd) {
  std::string all;
  char bytes[16'384];
  for (ssize_t got = 0; (got = recv(fd, bytes, sizeof bytes, 0)) > 0;) all.append(bytes, static_cast<size_t>(got));
  return all;
}
inline bool AtEnd(int fd) {
  char byte;
  return recv(fd, &byte, 1, MSG_PEEK) == 0;
}
// What was taken.
inline size_t Push(int fd, absl::string_view bytes) {
  const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return sent > 0 ? static_cast<size_t>(sent) : 0;
}

}  // namespace orch

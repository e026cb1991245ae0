// Handshakes of the hub's side with a peer's, in memory.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "auth/hub_tls.h"
#include "auth/peer_tls.h"
#include "base/net/tunnel_security.h"

namespace orch::auth {

// How it ended, at either side.
struct Shaken {
  bool proven = false;      // by the hub's word
  Peer peer;                // when proven
  Rejection rejection;      // when not
  absl::Status peer_side;   // what the peer's operator reads
  int alert_at_peer = 0;    // 0: none came
  std::string sent_before;  // what the peer said after its ClientHello to a hub it does not trust
};

inline std::string Drain(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);  // NOLINT: OpenSSL's type
  std::string text(bytes, static_cast<size_t>(size));
  (void)BIO_reset(bio);
  return text;
}

// An SSL between two memory buffers.
class MemorySide {
 public:
  explicit MemorySide(SslPtr ssl) : ssl_(std::move(ssl)), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
    BIO_set_mem_eof_return(in_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
  }
  void Take(absl::string_view bytes) { BIO_write(in_, bytes.data(), static_cast<int>(bytes.size())); }
  std::string Say() { return Drain(out_); }
  enum class State { kDone, kWait, kFailed };
  State Go() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) return State::kDone;
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return State::kWait;
    error_ = ERR_peek_error();
    ERR_clear_error();
    return State::kFailed;
  }
  // After the handshake: an alert, or nothing.
  void ReadOn() {
    ERR_clear_error();
    char byte;
    const int result = SSL_read(ssl_.get(), &byte, 1);
    if (result <= 0 && SSL_get_error(ssl_.get(), result) == SSL_ERROR_SSL) error_ = ERR_peek_error();
    ERR_clear_error();
  }
  SSL* ssl() const { return ssl_.get(); }
  unsigned long error() const { return error_; }  // NOLINT: OpenSSL's type

 private:
  SslPtr ssl_;
  BIO* const in_;
  BIO* const out_;
  unsigned long error_ = 0;  // NOLINT
};

// As the door does it: looks at the ClientHello, then shakes hands, then asks who is there.
// `before_finish`: runs when all is said, and the hub has not yet asked who is there.
inline Shaken ShakeHands(const HubTls& hub, TunnelSecurity* security,
                         const std::function<void()>& before_finish = nullptr) {
  using State = MemorySide::State;
  Shaken shaken;
  absl::StatusOr<SslPtr> begun = security->BeginTls();
  if (!begun.ok()) {
    shaken.peer_side = begun.status();
    return shaken;
  }
  MemorySide peer(*std::move(begun));
  State at_peer = peer.Go();
  const std::string first = peer.Say();
  if (!hub.Judge(ClassifyClientHello(first), &shaken.rejection)) {
    const char alert[] = {21, 3, 3, 0, 2, 2, static_cast<char>(shaken.rejection.alert)};
    peer.Take({alert, sizeof alert});
    peer.Go();
    shaken.peer_side = security->ExplainTls(peer.error());
    shaken.alert_at_peer = ERR_GET_REASON(peer.error()) - 1000;
    return shaken;
  }
  HubTls::Handshake handshake;
  MemorySide own(hub.Begin(&handshake));
  own.Take(first);
  State at_hub = own.Go();
  peer.Take(own.Say());
  at_peer = peer.Go();
  shaken.sent_before = peer.Say();
  own.Take(shaken.sent_before);
  if (at_hub == State::kWait) at_hub = own.Go();
  peer.Take(own.Say());
  if (at_peer == State::kDone) peer.ReadOn();
  shaken.alert_at_peer = peer.error() == 0 ? 0 : ERR_GET_REASON(peer.error()) - 1000;
  shaken.peer_side = peer.error() != 0         ? security->ExplainTls(peer.error())
                     : at_peer == State::kDone ? security->CheckTls(peer.ssl())
                                               : security->ExplainTls(0);
  if (before_finish != nullptr) before_finish();
  if (at_hub == State::kDone) {
    shaken.proven = hub.Finish(own.ssl(), handshake, &shaken.peer, &shaken.rejection);
  } else {
    shaken.rejection = HubTls::ExplainFailure(own.error(), handshake);
  }
  return shaken;
}

}  // namespace orch::auth

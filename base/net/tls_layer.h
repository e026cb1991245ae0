// TLS over one side of a pump: decrypts what the side receives and encrypts what it sends. Owned by the pump; one
// thread at a time. Never blocks. Each call receives at most once, so that it ends however fast the network is.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/net/socket_side.h"

namespace orch {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;

class TlsLayer {
 public:
  static constexpr size_t kBufferBytes = 64u << 10;
  // How often the other side may ask for new keys (RFC 8446, section 4.6.3): kMaxKeyUpdates times, and once more for
  // each kBytesPerKeyUpdate that it sends. New keys cost work and carry nothing.
  static constexpr size_t kMaxKeyUpdates = 32;
  static constexpr size_t kBytesPerKeyUpdate = 64u << 10;

  // Working memory, shared by all layers of one thread.
  struct Scratch {
    char cipher[kBufferBytes];
    char plain[kBufferBytes];
    std::string out;           // records to send
    const char* at = nullptr;  // in `cipher` or in the bytes that a layer has kept: not yet given to TLS
    size_t left = 0;
  };

  // `ssl`: in accept or connect state. `net` and `scratch` must outlive the layer.
  TlsLayer(SslPtr ssl, SocketSide* net, Scratch* scratch);
  TlsLayer(const TlsLayer&) = delete;
  TlsLayer& operator=(const TlsLayer&) = delete;

  enum class Step { kDone, kMore, kFailed };
  // Continues the handshake with what one receive brings. After kFailed the alert, if any, has been sent.
  Step Shake();
  // Decrypts into scratch->plain. The number of bytes; 0: nothing at present; -1: the connection is broken.
  ssize_t Read();
  // Encrypts and sends. False when the connection is broken.
  bool Write(absl::string_view bytes);
  // Sends the bytes with the end of TLS, as far as the network takes them at once.
  void WriteLast(absl::string_view bytes);
  // Sends the end of TLS.
  void End();

  // OpenSSL's packed error; 0 when the other side just hung up.
  unsigned long error() const { return error_; }  // NOLINT: OpenSSL's type
  // Why Read failed, when it knows better than that the connection broke.
  const absl::Status& reason() const { return reason_; }
  // TLS records received since the last call.
  size_t TakeRecords() { return std::exchange(records_, 0); }
  // Received bytes that are not a whole record yet.
  size_t kept() const { return kept_.size(); }
  // Sending failed.
  bool broken() const { return broken_; }
  SSL* ssl() const { return ssl_.get(); }

 private:
  static const BIO_METHOD* Method();
  static void OnTlsMessage(int sent, int version, int type, const void* bytes, size_t size, SSL* ssl, void* layer);
  void Enter();
  void Leave();
  int TakeCipher(char* bytes, int size);

  const SslPtr ssl_;
  SocketSide* const net_;
  Scratch* const scratch_;
  bool may_receive_ = false;  // in this entry into TLS
  bool broken_ = false;
  size_t records_ = 0;      // received and not yet taken
  size_t key_updates_ = 0;  // received
  size_t plain_bytes_ = 0;  // received, decrypted
  std::string kept_;
  unsigned long error_ = 0;  // NOLINT
  absl::Status reason_;
};

}  // namespace orch

// Carries bytes both ways between one connection of a peer and one end of a socket pair whose other end belongs to
// gRPC, through TLS or in clear. It has no thread and does not poll: its owner reports which side became ready
// (edge-triggered) and calls Carry. An idle pump holds no buffer and a busy one at most kMaxHeldBytes in each
// direction, so that neither side can make it use more memory. One thread at a time.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/unique_fd.h"

namespace orch {

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;

class TlsPump {
 public:
  static constexpr size_t kMaxHeldBytes = 64u << 10;
  static constexpr int kRoundsATurn = 4;  // of kMaxHeldBytes each way, until Carry returns kMore
  // The other side may request this many key updates (RFC 8446, section 4.6.3), and one more for each
  // kBytesPerKeyUpdate that it sends. Key updates cost work and carry no data.
  static constexpr size_t kMaxKeyUpdates = 32;
  static constexpr size_t kBytesPerKeyUpdate = 64u << 10;

  // Working memory, shared by all pumps of one thread.
  struct Scratch {
    char cipher[kMaxHeldBytes];
    char plain[kMaxHeldBytes];
    std::string out;           // records to send
    const char* at = nullptr;  // the bytes not yet given to TLS, in `cipher` or in a pump's kept_cipher_
    size_t left = 0;
  };
  // Sees the decrypted bytes of one direction; an error ends the connection before the bytes are passed on.
  using Inspector = std::function<absl::Status(absl::string_view bytes)>;

  // `net` is non-blocking. `ssl` is in accept or connect state; null means that bytes are carried in clear.
  TlsPump(UniqueFd net, SslPtr ssl, Scratch* scratch);
  ~TlsPump();
  TlsPump(const TlsPump&) = delete;
  TlsPump& operator=(const TlsPump&) = delete;

  enum class Handshake { kDone, kWait, kFailed };
  // Continues the handshake with the bytes that have arrived. After kFailed the alert, if any, has been sent. Fails if
  // more than kRoundsATurn * kMaxHeldBytes have arrived at once and the handshake is not complete.
  Handshake Shake();
  // Why TLS failed, in the handshake or later: OpenSSL's packed error, or 0 if the other side hung up.
  unsigned long error() const { return error_; }  // NOLINT: OpenSSL's type

  // Called once, after the handshake. `pair` is this side's end of the socket pair, non-blocking. The inspectors may be
  // null.
  void Join(UniqueFd pair, Inspector from_net, Inspector to_net);

  enum class Step { kWait, kMore, kOver };
  // Carries bytes both ways. kMore: there is more to do, but other pumps should run first. kOver: the owner closes it.
  Step Carry();
  // The number of TLS records received since the last call; each costs work, even an empty one.
  size_t TakeRecords() { return std::exchange(records_, 0); }
  // Bytes held until a side takes them or a TLS record is complete.
  size_t held() const { return kept_cipher_.size() + to_net_.size() + to_pair_.size(); }
  // Why Carry ended, if it was not an orderly end.
  const absl::Status& reason() const { return reason_; }

  // Instead of Join: encrypts and sends `bytes` and the end of TLS, as far as the network takes them without waiting.
  void SendLast(absl::string_view bytes);

  // A paused pump reads nothing from the network.
  void SetPaused(bool paused) { paused_ = paused; }
  bool paused() const { return paused_; }
  // Whether gRPC has closed its end; the bytes it sent before are still on their way.
  bool closing() const { return pair_eof_; }

  // Reports readiness of one side, as epoll tells it.
  void OnNet(bool readable, bool writable, bool hang_up);
  void OnPair(bool readable, bool writable, bool hang_up);

  int net() const { return net_.get(); }
  int pair() const { return pair_.get(); }
  SSL* ssl() const { return ssl_.get(); }
  // Gives up the network side, for a lingering close.
  UniqueFd TakeNet() { return std::move(net_); }
  // For poll(2): whether the pump waits for the side to become readable or writable.
  bool AwaitsNetRead() const { return !net_readable_ && !net_eof_; }
  bool AwaitsNetWrite() const { return !net_writable_; }
  bool AwaitsPairRead() const { return !pair_readable_ && !pair_eof_; }
  bool AwaitsPairWrite() const { return !pair_writable_; }

 private:
  static const BIO_METHOD* Method();
  static void OnTlsMessage(int sent, int version, int type, const void* bytes, size_t size, SSL* ssl, void* pump);
  void EnterTls();
  void LeaveTls();
  int TakeCipher(char* bytes, int size);
  void SendRecords();
  bool FlushNet();
  bool FlushPair();
  bool Inward(bool* moved);
  bool Outward(bool* moved);
  // Reads and decrypts into scratch->plain. Returns the number of bytes; 0: none now; -1: the connection is broken.
  ssize_t ReadPlain();
  bool PassToPair(absl::string_view bytes);
  bool Fail(absl::Status reason);

  UniqueFd net_;
  UniqueFd pair_;
  const SslPtr ssl_;
  Scratch* const scratch_;
  Inspector from_net_;
  Inspector to_net_inspector_;
  bool net_readable_ = false, net_writable_ = true, pair_readable_ = false, pair_writable_ = true;
  bool net_hung_up_ = false, pair_hung_up_ = false;  // read until the end shows
  bool net_eof_ = false, pair_eof_ = false;
  bool pair_told_ = false;  // the pair knows that the network side has ended
  bool broken_ = false;     // sending failed
  bool paused_ = false;
  bool may_receive_ = false;  // in this call of TLS; bounds the call however fast the network is
  size_t records_ = 0;        // received and not yet asked for
  size_t key_updates_ = 0;    // received
  size_t plain_bytes_ = 0;    // received, decrypted
  std::string kept_cipher_;   // received, not yet decrypted
  std::string to_net_;        // encrypted, not yet sent
  std::string to_pair_;       // decrypted, not yet taken
  unsigned long error_ = 0;   // NOLINT
  absl::Status reason_;
};

}  // namespace orch

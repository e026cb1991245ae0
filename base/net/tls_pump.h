// One connection of a peer, and one end of a socket pair whose other end belongs to gRPC: carries bytes both ways,
// through TLS or as they are. Has no thread and no poll: its owner says which side became ready (edge-triggered) and
// calls Carry. An idle pump holds no buffer, a busy one at most kMaxHeldBytes in each direction, so that neither side
// can make it hoard. One thread at a time.
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
  static constexpr int kRoundsATurn = 4;  // of kMaxHeldBytes each way, before others have their turn
  // New keys (RFC 8446, section 4.6.3) that the other side may ask for: so many, and one more with each
  // kBytesPerKeyUpdate that it sends. They cost work and carry nothing.
  static constexpr size_t kMaxKeyUpdates = 32;
  static constexpr size_t kBytesPerKeyUpdate = 64u << 10;

  // Working memory, shared by all pumps of one thread.
  struct Scratch {
    char cipher[kMaxHeldBytes];
    char plain[kMaxHeldBytes];
    std::string out;           // records to send
    const char* at = nullptr;  // of `cipher` or of what a pump kept: not yet given to TLS
    size_t left = 0;
  };
  // Sees what passes in one direction, decrypted; an error ends the connection before the bytes are passed on.
  using Inspector = std::function<absl::Status(absl::string_view bytes)>;

  // `net`: non-blocking. `ssl`: in accept or connect state; null: bytes are carried as they are.
  TlsPump(UniqueFd net, SslPtr ssl, Scratch* scratch);
  ~TlsPump();
  TlsPump(const TlsPump&) = delete;
  TlsPump& operator=(const TlsPump&) = delete;

  enum class Handshake { kDone, kWait, kFailed };
  // Goes on with the handshake as far as what has come allows. After kFailed the alert, if any, has been sent. Fails
  // when more than kRoundsATurn * kMaxHeldBytes have come at once and it is not over.
  Handshake Shake();
  // Why TLS failed, in the handshake or later: OpenSSL's packed error, 0 when the other side just hung up.
  unsigned long error() const { return error_; }  // NOLINT: OpenSSL's type

  // Once, after the handshake: `pair` is this side's end, non-blocking. The inspectors may be null.
  void Join(UniqueFd pair, Inspector from_net, Inspector to_net);

  enum class Step { kWait, kMore, kOver };
  // Both ways. kMore: there is more to do, but it is others' turn. kOver: close.
  Step Carry();
  // TLS records received since the last call: each costs work, also when it carries nothing.
  size_t TakeRecords() { return std::exchange(records_, 0); }
  // Bytes kept until one of the sides takes them, or TLS has a whole record.
  size_t held() const { return kept_cipher_.size() + to_net_.size() + to_pair_.size(); }
  // Why Carry ended, if it was not an orderly end.
  const absl::Status& reason() const { return reason_; }

  // Instead of Join: encrypts and sends a last word with the end of TLS, as far as the network takes it at once.
  void SendLast(absl::string_view bytes);

  // While paused nothing is read from the network.
  void SetPaused(bool paused) { paused_ = paused; }
  bool paused() const { return paused_; }
  // gRPC has closed its end; what it had said is still being sent.
  bool closing() const { return pair_eof_; }

  // Readiness, as epoll tells it.
  void OnNet(bool readable, bool writable, bool hang_up);
  void OnPair(bool readable, bool writable, bool hang_up);

  int net() const { return net_.get(); }
  int pair() const { return pair_.get(); }
  SSL* ssl() const { return ssl_.get(); }
  // Gives the network side away, for a lingering close.
  UniqueFd TakeNet() { return std::move(net_); }
  // For poll(2): whether the side is waited for to become readable or writable.
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
  // Bytes read and decrypted into scratch->plain; 0: nothing now; -1: the connection is broken.
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
  bool pair_told_ = false;  // that nothing more comes from the network
  bool broken_ = false;     // sending failed
  bool paused_ = false;
  bool may_receive_ = false;  // in this entry into TLS, so that each ends however fast the network is
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

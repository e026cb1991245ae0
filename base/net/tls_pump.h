// One connection of a peer, and the inner side where its bytes go: carries them both ways, through TLS or as they are.
// Owned by a connection of the door or by a tunnel; one thread at a time. Has no thread and no poll of its own: the
// owner says when the network became ready (edge-triggered), and the inner side when it did, and calls Carry. An idle
// pump holds no buffer, and a busy one holds at most kMaxHeldBytes in each direction, so that neither side can make it
// collect memory.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/net/inner_side.h"
#include "base/net/socket_side.h"
#include "base/net/tls_layer.h"
#include "base/unique_fd.h"

namespace orch {

class TlsPump {
 public:
  static constexpr size_t kMaxHeldBytes = TlsLayer::kBufferBytes;
  static constexpr int kRoundsATurn = 4;  // rounds of kMaxHeldBytes each way, before others have their turn

  // Working memory, shared by all pumps of one thread.
  using Scratch = TlsLayer::Scratch;
  // Sees the decrypted bytes that pass in one direction. An error ends the connection before the bytes are passed on.
  using Inspector = std::function<absl::Status(absl::string_view bytes)>;

  // `net`: non-blocking. `ssl`: in accept or connect state; null: bytes are carried as they are.
  TlsPump(UniqueFd net, SslPtr ssl, Scratch* scratch);
  ~TlsPump();
  TlsPump(const TlsPump&) = delete;
  TlsPump& operator=(const TlsPump&) = delete;

  enum class Handshake { kDone, kWait, kFailed };
  // Continues the handshake as far as the received bytes allow. After kFailed the alert, if any, has been sent. Fails
  // when more than kRoundsATurn * kMaxHeldBytes have come at once and the handshake is not over.
  Handshake Shake();
  // Why TLS failed, in the handshake or later: OpenSSL's packed error; 0 when the other side just hung up.
  unsigned long error() const { return tls_.has_value() ? tls_->error() : 0; }  // NOLINT: OpenSSL's type

  // After the handshake. The inspectors may be null.
  void Join(std::unique_ptr<InnerSide> inner, Inspector from_net, Inspector to_net);
  // Puts another inner side in the place of the one that is there, which is destroyed.
  void Exchange(std::unique_ptr<InnerSide> inner) { inner_ = std::move(inner); }

  enum class Step { kWait, kMore, kOver };
  // Carries both ways. kMore: there is more to do, but it is the others' turn. kOver: the connection is to be closed.
  Step Carry();
  // TLS records received since the last call: each costs work, even when it carries nothing.
  size_t TakeRecords() { return tls_.has_value() ? tls_->TakeRecords() : 0; }
  // Bytes kept until one of the sides takes them, or until TLS has a whole record.
  size_t held() const {
    return (tls_.has_value() ? tls_->kept() : 0) + net_.unsent() + (inner_ != nullptr ? inner_->unsent() : 0);
  }
  // Why Carry has ended the connection, if it was not an orderly end.
  const absl::Status& reason() const { return reason_; }

  // In place of Join: encrypts and sends last words with the end of TLS, as far as the network takes them at once.
  void SendLast(absl::string_view bytes) { tls_->WriteLast(bytes); }

  // While the pump is paused, nothing is read from the network.
  void SetPaused(bool paused) { paused_ = paused; }
  bool paused() const { return paused_; }
  // Whether the inner side has ended; what it has sent before is still being passed on.
  bool closing() const { return inner_->ended(); }

  // The readiness of the network, as epoll reports it.
  void OnNet(bool readable, bool writable, bool hang_up) { net_.OnReady(readable, writable, hang_up); }

  int net() const { return net_.fd(); }
  SSL* ssl() const { return tls_.has_value() ? tls_->ssl() : nullptr; }
  // Gives the network side away, for a lingering close.
  UniqueFd TakeNet() { return net_.Take(); }
  // For poll(2): whether the network is waited for to become readable or writable.
  bool AwaitsNetRead() const { return net_.AwaitsRead(); }
  bool AwaitsNetWrite() const { return net_.AwaitsWrite(); }

 private:
  bool Flush();
  bool Inward(bool* moved);
  bool Outward(bool* moved);
  // Receives plain bytes into scratch->plain: how many; 0: nothing at present; -1: the connection is broken.
  ssize_t ReadPlain();
  bool SendToNet(absl::string_view bytes);
  bool Fail(absl::Status reason);
  bool Broke() { return Fail(absl::UnavailableError("the connection broke")); }

  SocketSide net_;
  std::unique_ptr<InnerSide> inner_;
  Scratch* const scratch_;
  std::optional<TlsLayer> tls_;  // empty: bytes are carried as they are
  Inspector from_net_;
  Inspector to_net_;
  bool inner_told_ = false;  // that nothing more comes from the network
  bool paused_ = false;
  bool broken_ = false;  // sending in clear failed
  absl::Status reason_;
};

}  // namespace orch

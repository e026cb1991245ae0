#include "base/net/tls_layer.h"

#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace orch {
namespace {

constexpr size_t kRecordBytes = 16u << 10;  // the largest piece TLS decrypts at once

}  // namespace

// OpenSSL reads from and writes to the layer's scratch, so that a turn costs one recv and one send.
const BIO_METHOD* TlsLayer::Method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "orch pump");
    BIO_meth_set_read(made, [](BIO* bio, char* bytes, int size) {
      BIO_clear_retry_flags(bio);
      const int taken = static_cast<TlsLayer*>(BIO_get_data(bio))->TakeCipher(bytes, size);
      if (taken < 0) BIO_set_retry_read(bio);
      return taken;
    });
    BIO_meth_set_write(made, [](BIO* bio, const char* bytes, int size) {
      BIO_clear_retry_flags(bio);
      static_cast<TlsLayer*>(BIO_get_data(bio))->scratch_->out.append(bytes, static_cast<size_t>(size));
      return size;
    });
    BIO_meth_set_ctrl(made,
                      [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH; });  // NOLINT
    return made;
  }();
  return method;
}

TlsLayer::TlsLayer(SslPtr ssl, SocketSide* net, Scratch* scratch) : ssl_(std::move(ssl)), net_(net), scratch_(scratch) {
  BIO* bio = BIO_new(Method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_msg_callback(ssl_.get(), OnTlsMessage);
  SSL_set_msg_callback_arg(ssl_.get(), this);
}

void TlsLayer::OnTlsMessage(int sent, int, int type, const void* bytes, size_t size, SSL*, void* layer) {
  if (sent != 0) return;
  TlsLayer& self = *static_cast<TlsLayer*>(layer);
  if (type == SSL3_RT_HEADER) ++self.records_;
  const bool key_update =
      type == SSL3_RT_HANDSHAKE && size > 0 && *static_cast<const unsigned char*>(bytes) == SSL3_MT_KEY_UPDATE;
  if (key_update) ++self.key_updates_;
}

void TlsLayer::Enter() {
  scratch_->at = kept_.data();
  scratch_->left = kept_.size();
  may_receive_ = true;
  ERR_clear_error();
}

// What TLS did not take is kept, what it made is sent.
void TlsLayer::Leave() {
  Scratch& s = *scratch_;
  if (s.left == 0) {
    std::string().swap(kept_);
  } else if (s.left != kept_.size() || s.at != kept_.data()) {
    kept_ = std::string(s.at, s.left);
  }
  s.left = 0;
  ERR_clear_error();
  if (s.out.empty()) return;
  if (!net_->Send(s.out)) {
    net_->SetEnded();
    broken_ = true;
  }
  s.out.clear();
}

int TlsLayer::TakeCipher(char* bytes, int size) {
  Scratch& s = *scratch_;
  if (s.left == 0) {
    if (net_->ended()) return 0;
    if (!net_->readable() || !std::exchange(may_receive_, false)) return -1;
    switch (net_->Receive(s.cipher, sizeof s.cipher, &s.left)) {
      case SocketSide::Received::kBytes:
        break;
      case SocketSide::Received::kNothing:
        return -1;
      case SocketSide::Received::kEnd:
        return 0;
      case SocketSide::Received::kError:
        net_->SetEnded();
        return 0;
    }
    s.at = s.cipher;
  }
  const size_t taken = std::min(static_cast<size_t>(size), s.left);
  std::memcpy(bytes, s.at, taken);
  s.at += taken;
  s.left -= taken;
  return static_cast<int>(taken);
}

TlsLayer::Step TlsLayer::Shake() {
  Enter();
  const int result = SSL_do_handshake(ssl_.get());
  const int why = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), result);
  if (why == SSL_ERROR_SSL) error_ = ERR_peek_error();
  Leave();
  if (result == 1) return Step::kDone;
  return why != SSL_ERROR_WANT_READ || net_->ended() || broken_ ? Step::kFailed : Step::kMore;
}

ssize_t TlsLayer::Read() {
  char* const plain = scratch_->plain;
  Enter();
  size_t size = 0;
  int result = 1;
  while (size + kRecordBytes <= kBufferBytes) {
    result = SSL_read(ssl_.get(), plain + size, static_cast<int>(kBufferBytes - size));
    if (result <= 0) break;
    size += static_cast<size_t>(result);
  }
  bool bad = false;
  if (result <= 0) {
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_ZERO_RETURN) {
      net_->SetEnded();  // close_notify
    } else if (why != SSL_ERROR_WANT_READ && !net_->ended()) {
      bad = true;  // a forged record, or an alert
      if (why == SSL_ERROR_SSL) error_ = ERR_peek_error();
    }
  }
  Leave();
  if (bad) return -1;
  plain_bytes_ += size;
  if (key_updates_ <= kMaxKeyUpdates + plain_bytes_ / kBytesPerKeyUpdate) return static_cast<ssize_t>(size);
  reason_ = absl::ResourceExhaustedError("TLS: the other side asks for new keys again and again");
  return -1;
}

bool TlsLayer::Write(absl::string_view bytes) {
  Enter();
  bool whole = true;
  while (!bytes.empty() && whole) {
    const int written = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
    whole = written > 0;
    if (whole) bytes.remove_prefix(static_cast<size_t>(written));
  }
  Leave();
  return whole;
}

void TlsLayer::WriteLast(absl::string_view bytes) {
  Enter();
  SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  SSL_shutdown(ssl_.get());
  Leave();
}

void TlsLayer::End() {
  Enter();
  SSL_shutdown(ssl_.get());
  Leave();
}

}  // namespace orch

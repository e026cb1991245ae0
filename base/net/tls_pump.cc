#include "base/net/tls_pump.h"

#include <errno.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace orch {
namespace {

constexpr size_t kRecordBytes = 16u << 10;  // the largest piece TLS decrypts at once

bool MustWait() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

// Frees the memory of an empty string.
void Shrink(std::string* text) {
  if (text->empty()) std::string().swap(*text);
}

}  // namespace

// OpenSSL reads from and writes to the pump's scratch, so that a turn costs one recv and one send.
const BIO_METHOD* TlsPump::Method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "orch pump");
    BIO_meth_set_read(made, [](BIO* bio, char* bytes, int size) {
      BIO_clear_retry_flags(bio);
      const int taken = static_cast<TlsPump*>(BIO_get_data(bio))->TakeCipher(bytes, size);
      if (taken < 0) BIO_set_retry_read(bio);
      return taken;
    });
    BIO_meth_set_write(made, [](BIO* bio, const char* bytes, int size) {
      BIO_clear_retry_flags(bio);
      static_cast<TlsPump*>(BIO_get_data(bio))->scratch_->out.append(bytes, static_cast<size_t>(size));
      return size;
    });
    BIO_meth_set_ctrl(made,
                      [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH; });  // NOLINT
    return made;
  }();
  return method;
}

TlsPump::TlsPump(UniqueFd net, SslPtr ssl, Scratch* scratch)
    : net_(std::move(net)), ssl_(std::move(ssl)), scratch_(scratch) {
  if (ssl_ == nullptr) return;
  BIO* bio = BIO_new(Method());
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_msg_callback(ssl_.get(), OnTlsMessage);
  SSL_set_msg_callback_arg(ssl_.get(), this);
}

TlsPump::~TlsPump() = default;

void TlsPump::OnTlsMessage(int sent, int, int type, const void* bytes, size_t size, SSL*, void* pump) {
  if (sent != 0) return;
  TlsPump& self = *static_cast<TlsPump*>(pump);
  if (type == SSL3_RT_HEADER) ++self.records_;
  const bool key_update =
      type == SSL3_RT_HANDSHAKE && size > 0 && *static_cast<const unsigned char*>(bytes) == SSL3_MT_KEY_UPDATE;
  if (key_update) ++self.key_updates_;
}

void TlsPump::Join(UniqueFd pair, Inspector from_net, Inspector to_net) {
  pair_ = std::move(pair);
  from_net_ = std::move(from_net);
  to_net_inspector_ = std::move(to_net);
}

void TlsPump::SendLast(absl::string_view bytes) {
  EnterTls();
  SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  SSL_shutdown(ssl_.get());
  LeaveTls();
}

void TlsPump::OnNet(bool readable, bool writable, bool hang_up) {
  net_readable_ |= readable || hang_up;
  net_writable_ |= writable;
  net_hung_up_ |= hang_up;
}

void TlsPump::OnPair(bool readable, bool writable, bool hang_up) {
  pair_readable_ |= readable || hang_up;
  pair_writable_ |= writable;
  pair_hung_up_ |= hang_up;
}

TlsPump::Handshake TlsPump::Shake() {
  for (int round = 0; round < kRoundsATurn; ++round) {
    EnterTls();
    const int result = SSL_do_handshake(ssl_.get());
    const int why = result == 1 ? SSL_ERROR_NONE : SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_SSL) error_ = ERR_peek_error();
    LeaveTls();
    if (result == 1) return Handshake::kDone;
    if (why != SSL_ERROR_WANT_READ || net_eof_ || broken_) return Handshake::kFailed;
    if (!net_readable_) return Handshake::kWait;
  }
  return Handshake::kFailed;
}

TlsPump::Step TlsPump::Carry() {
  for (int round = 0; round < kRoundsATurn; ++round) {
    bool moved = false;
    if (!FlushNet() || !FlushPair() || !Inward(&moved) || !Outward(&moved)) return Step::kOver;
    if (pair_eof_ && to_net_.empty()) {
      shutdown(net_.get(), SHUT_WR);
      return Step::kOver;
    }
    if (net_eof_ && to_pair_.empty() && !std::exchange(pair_told_, true)) shutdown(pair_.get(), SHUT_WR);
    if (!moved) return Step::kWait;
  }
  return Step::kMore;
}

void TlsPump::EnterTls() {
  scratch_->at = kept_cipher_.data();
  scratch_->left = kept_cipher_.size();
  may_receive_ = true;
  ERR_clear_error();
}

// Keeps the bytes that TLS did not take, and sends those that it made.
void TlsPump::LeaveTls() {
  Scratch& s = *scratch_;
  if (s.left == 0) {
    kept_cipher_.clear();
    Shrink(&kept_cipher_);
  } else if (s.left != kept_cipher_.size() || s.at != kept_cipher_.data()) {
    kept_cipher_ = std::string(s.at, s.left);
  }
  s.left = 0;
  ERR_clear_error();
  SendRecords();
}

int TlsPump::TakeCipher(char* bytes, int size) {
  Scratch& s = *scratch_;
  if (s.left == 0) {
    if (net_eof_) return 0;
    if (!net_readable_ || !std::exchange(may_receive_, false)) return -1;
    const ssize_t got = recv(net_.get(), s.cipher, sizeof s.cipher, 0);
    if (got < 0 && MustWait()) {
      net_readable_ = false;
      return -1;
    }
    if (got <= 0) {
      net_eof_ = true;
      return 0;
    }
    if (static_cast<size_t>(got) < sizeof s.cipher && !net_hung_up_) net_readable_ = false;  // an edge tells of more
    s.at = s.cipher;
    s.left = static_cast<size_t>(got);
  }
  const size_t taken = std::min(static_cast<size_t>(size), s.left);
  std::memcpy(bytes, s.at, taken);
  s.at += taken;
  s.left -= taken;
  return static_cast<int>(taken);
}

void TlsPump::SendRecords() {
  std::string& out = scratch_->out;
  if (out.empty()) return;
  if (!to_net_.empty()) {
    to_net_ += out;
    out.clear();
    return;
  }
  size_t done = 0;
  if (net_writable_) {
    const ssize_t sent = send(net_.get(), out.data(), out.size(), MSG_NOSIGNAL);
    if (sent < 0 && !MustWait()) net_eof_ = broken_ = true;
    done = sent > 0 ? static_cast<size_t>(sent) : 0;
    if (done < out.size()) net_writable_ = false;
  }
  if (done < out.size() && !broken_) to_net_.assign(out, done, std::string::npos);
  out.clear();
}

bool TlsPump::FlushNet() {
  if (broken_) return Fail(absl::UnavailableError("the connection broke"));
  if (to_net_.empty() || !net_writable_) return true;
  const ssize_t sent = send(net_.get(), to_net_.data(), to_net_.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    net_writable_ = false;
    return MustWait() || Fail(absl::UnavailableError("the connection broke"));
  }
  to_net_.erase(0, static_cast<size_t>(sent));
  if (!to_net_.empty()) net_writable_ = false;
  Shrink(&to_net_);
  return true;
}

bool TlsPump::FlushPair() {
  if (to_pair_.empty() || !pair_writable_) return true;
  const ssize_t sent = send(pair_.get(), to_pair_.data(), to_pair_.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    pair_writable_ = false;
    if (!MustWait()) to_pair_.clear();
    return true;
  }
  to_pair_.erase(0, static_cast<size_t>(sent));
  if (!to_pair_.empty()) pair_writable_ = false;
  Shrink(&to_pair_);
  return true;
}

ssize_t TlsPump::ReadPlain() {
  Scratch& s = *scratch_;
  if (ssl_ == nullptr) {
    const ssize_t got = recv(net_.get(), s.plain, sizeof s.plain, 0);
    if (got < 0 && MustWait()) {
      net_readable_ = false;
      return 0;
    }
    if (got < 0) return -1;
    if (got == 0) net_eof_ = true;
    if (static_cast<size_t>(got) < sizeof s.plain && !net_hung_up_) net_readable_ = false;
    return got;
  }
  EnterTls();
  size_t size = 0;
  int result = 1;
  while (size + kRecordBytes <= sizeof s.plain) {
    result = SSL_read(ssl_.get(), s.plain + size, static_cast<int>(sizeof s.plain - size));
    if (result <= 0) break;
    size += static_cast<size_t>(result);
  }
  bool bad = false;
  if (result <= 0) {
    const int why = SSL_get_error(ssl_.get(), result);
    if (why == SSL_ERROR_ZERO_RETURN) {
      net_eof_ = true;  // close_notify
    } else if (why != SSL_ERROR_WANT_READ && !net_eof_) {
      bad = true;  // a forged record, or an alert
      if (why == SSL_ERROR_SSL) error_ = ERR_peek_error();
    }
  }
  LeaveTls();
  if (bad) return -1;
  plain_bytes_ += size;
  if (key_updates_ <= kMaxKeyUpdates + plain_bytes_ / kBytesPerKeyUpdate) return static_cast<ssize_t>(size);
  Fail(absl::ResourceExhaustedError("TLS: the other side asks for new keys again and again"));
  return -1;
}

// Reads nothing while the pair is full or while TLS's own messages (key updates, alerts) wait to be sent.
bool TlsPump::Inward(bool* moved) {
  if (net_eof_ || paused_ || !to_pair_.empty() || to_net_.size() > kMaxHeldBytes) return true;
  if (!net_readable_ && kept_cipher_.empty()) return true;
  const ssize_t size = ReadPlain();
  if (size < 0) return Fail(absl::UnavailableError("the connection broke"));
  if (size == 0) {
    *moved = net_readable_ && !net_eof_;  // records without data came, and there may be more
    return true;
  }
  *moved = true;
  const absl::string_view bytes(scratch_->plain, static_cast<size_t>(size));
  if (from_net_ != nullptr) {
    if (absl::Status seen = from_net_(bytes); !seen.ok()) return Fail(std::move(seen));
  }
  return PassToPair(bytes);
}

bool TlsPump::PassToPair(absl::string_view bytes) {
  size_t done = 0;
  if (pair_writable_) {
    const ssize_t sent = send(pair_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    // gRPC has closed its end; the bytes that it wrote before are still read and sent.
    if (sent < 0 && !MustWait()) return true;
    done = sent > 0 ? static_cast<size_t>(sent) : 0;
    if (done < bytes.size()) pair_writable_ = false;
  }
  if (done < bytes.size()) to_pair_.assign(bytes.data() + done, bytes.size() - done);
  return true;
}

bool TlsPump::Outward(bool* moved) {
  if (!pair_readable_ || pair_eof_ || !to_net_.empty()) return true;
  Scratch& s = *scratch_;
  const ssize_t size = recv(pair_.get(), s.plain, sizeof s.plain, 0);
  if (size < 0) {
    pair_readable_ = false;
    return MustWait();
  }
  if (static_cast<size_t>(size) < sizeof s.plain && !pair_hung_up_) pair_readable_ = false;
  const absl::string_view bytes(s.plain, static_cast<size_t>(size));
  if (to_net_inspector_ != nullptr && size > 0) {
    if (absl::Status seen = to_net_inspector_(bytes); !seen.ok()) return Fail(std::move(seen));
  }
  *moved = true;
  pair_eof_ = size == 0;
  if (ssl_ == nullptr) {
    scratch_->out.append(bytes.data(), bytes.size());
    SendRecords();
    return true;
  }
  EnterTls();
  if (size == 0) SSL_shutdown(ssl_.get());
  bool whole = true;
  for (ssize_t at = 0; at < size && whole;) {
    const int written = SSL_write(ssl_.get(), s.plain + at, static_cast<int>(size - at));
    whole = written > 0;
    at += written;
  }
  LeaveTls();
  return whole || Fail(absl::UnavailableError("the connection broke"));
}

bool TlsPump::Fail(absl::Status reason) {
  if (reason_.ok()) reason_ = std::move(reason);
  return false;
}

}  // namespace orch

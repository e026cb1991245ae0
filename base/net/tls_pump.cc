#include "base/net/tls_pump.h"

#include <utility>

namespace orch {

TlsPump::TlsPump(UniqueFd net, SslPtr ssl, Scratch* scratch) : net_(std::move(net)), scratch_(scratch) {
  if (ssl != nullptr) tls_.emplace(std::move(ssl), &net_, scratch);
}

TlsPump::~TlsPump() = default;

void TlsPump::Join(std::unique_ptr<InnerSide> inner, Inspector from_net, Inspector to_net) {
  inner_ = std::move(inner);
  from_net_ = std::move(from_net);
  to_net_ = std::move(to_net);
}

TlsPump::Handshake TlsPump::Shake() {
  for (int round = 0; round < kRoundsATurn; ++round) {
    const TlsLayer::Step step = tls_->Shake();
    if (step == TlsLayer::Step::kDone) return Handshake::kDone;
    if (step == TlsLayer::Step::kFailed) return Handshake::kFailed;
    if (!net_.readable()) return Handshake::kWait;
  }
  return Handshake::kFailed;
}

TlsPump::Step TlsPump::Carry() {
  for (int round = 0; round < kRoundsATurn; ++round) {
    bool moved = false;
    if (!Flush() || !Inward(&moved) || !Outward(&moved)) return Step::kOver;
    if (inner_->ended() && net_.unsent() == 0) {
      net_.EndSending();
      return Step::kOver;
    }
    if (net_.ended() && inner_->unsent() == 0 && !std::exchange(inner_told_, true)) {
      inner_->EndPutting();
      moved = true;  // the inner side may have ended with it
    }
    if (!moved) return Step::kWait;
  }
  return Step::kMore;
}

bool TlsPump::Flush() {
  if (broken_ || (tls_.has_value() && tls_->broken()) || !net_.Flush()) return Broke();
  inner_->Flush();
  return true;
}

ssize_t TlsPump::ReadPlain() {
  if (tls_.has_value()) return tls_->Read();
  size_t size = 0;
  switch (net_.Receive(scratch_->plain, sizeof scratch_->plain, &size)) {
    case SocketSide::Received::kBytes:
      return static_cast<ssize_t>(size);
    case SocketSide::Received::kError:
      return -1;
    case SocketSide::Received::kNothing:
    case SocketSide::Received::kEnd:
      break;
  }
  return 0;
}

// Nothing is read while the inner side is full, or while answers of TLS's own (key updates, alerts) wait.
bool TlsPump::Inward(bool* moved) {
  if (net_.ended() || paused_ || inner_->unsent() > 0 || net_.unsent() > kMaxHeldBytes) return true;
  if (!net_.readable() && (!tls_.has_value() || tls_->kept() == 0)) return true;
  const ssize_t size = ReadPlain();
  if (size < 0) return tls_.has_value() && !tls_->reason().ok() ? Fail(tls_->reason()) : Broke();
  if (size == 0) {
    *moved = net_.readable() && !net_.ended();  // records without data came, and there may be more
    return true;
  }
  *moved = true;
  const absl::string_view bytes(scratch_->plain, static_cast<size_t>(size));
  if (from_net_ != nullptr) {
    if (absl::Status seen = from_net_(bytes); !seen.ok()) return Fail(std::move(seen));
  }
  absl::Status put = inner_->Put(bytes);
  return put.ok() || Fail(std::move(put));
}

bool TlsPump::Outward(bool* moved) {
  if (!inner_->readable() || inner_->ended() || net_.unsent() > 0) return true;
  size_t size = 0;
  const InnerSide::Taken taken = inner_->Take(scratch_->plain, sizeof scratch_->plain, &size);
  if (taken == InnerSide::Taken::kNothing) return true;
  if (taken == InnerSide::Taken::kError) return false;
  *moved = true;
  if (taken == InnerSide::Taken::kEnd) {
    if (tls_.has_value()) tls_->End();
    return true;
  }
  const absl::string_view bytes(scratch_->plain, size);
  if (to_net_ != nullptr) {
    if (absl::Status seen = to_net_(bytes); !seen.ok()) return Fail(std::move(seen));
  }
  return SendToNet(bytes);
}

bool TlsPump::SendToNet(absl::string_view bytes) {
  if (tls_.has_value()) return tls_->Write(bytes) || Broke();
  if (net_.Send(bytes)) return true;
  net_.SetEnded();
  broken_ = true;
  return true;
}

bool TlsPump::Fail(absl::Status reason) {
  if (reason_.ok()) reason_ = std::move(reason);
  return false;
}

}  // namespace orch

#include "services/hub/door/stream_side.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/net/http2.h"
#include "base/status_macros.h"

namespace orch::hub {

StreamSide::StreamSide(uint64_t connection, StreamService* service, std::shared_ptr<StreamMail> mail)
    : connection_(connection), service_(service), mail_(std::move(mail)), http2_(this) {
  char settings[4 * kFrameHeaderBytes];
  greeting_.assign(settings, http2_.Take(settings, sizeof settings));
}

StreamSide::~StreamSide() { OnCallEnd(End::kReset); }

absl::Status StreamSide::Put(absl::string_view bytes) {
  if (state_ == State::kUndecided) heard_.append(bytes.data(), bytes.size());
  if (state_ != State::kForGrpc) {
    absl::Status received = http2_.Receive(bytes);
    if (!received.ok() && state_ != State::kForGrpc) return received;
  }
  if (state_ == State::kServed) std::string().swap(heard_);
  if (state_ == State::kUndecided && heard_.size() > kMaxUndecidedBytes) state_ = State::kForGrpc;
  return absl::OkStatus();
}

bool StreamSide::readable() const {
  if (closed_) return true;
  if (awaits_answer_) return false;
  return !greeting_.empty() || (state_ == State::kServed && (http2_.has_output() || http2_.over()));
}

InnerSide::Taken StreamSide::Take(char* bytes, size_t most, size_t* size) {
  *size = std::min(most, greeting_.size());
  std::memcpy(bytes, greeting_.data(), *size);
  greeting_.erase(0, *size);
  if (state_ == State::kServed) *size += http2_.Take(bytes + *size, most - *size);
  if (*size > 0) return Taken::kBytes;
  if (!closed_ && !http2_.over()) return Taken::kNothing;
  ended_ = true;
  return Taken::kEnd;
}

absl::Status StreamSide::OnCall(absl::string_view method) {
  if (!service_->Serves(method)) {
    if (state_ == State::kUndecided) state_ = State::kForGrpc;
    return absl::UnimplementedError("this connection carries streams only; make other calls over another one");
  }
  if (state_ == State::kForGrpc) return absl::UnimplementedError("this connection is gRPC's");
  state_ = State::kServed;
  writer_ = std::make_shared<StreamWriter>(mail_, connection_, ++call_);
  ORCH_ASSIGN_OR_RETURN(reader_, service_->Open(visitor_, writer_));
  awaits_answer_ = true;
  return absl::OkStatus();
}

void StreamSide::OnCallEnd(End end) {
  awaits_answer_ = false;
  if (reader_ == nullptr) return;
  writer_->OnEnd();
  std::exchange(reader_, nullptr)->OnEnd(end);
}

void StreamSide::OnLetter(StreamMail::Letter letter) {
  if (letter.call != call_) return;
  awaits_answer_ = false;
  if (letter.kind == StreamMail::Letter::Kind::kMessage) {
    http2_.Send(std::move(letter.message));
  } else {
    http2_.Finish(absl::OkStatus());
  }
}

}  // namespace orch::hub

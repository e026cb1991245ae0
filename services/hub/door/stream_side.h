// The inner side of a connection that may carry streams which the door serves itself. What the peer's first call is
// decides: a stream of the StreamService stays here; with any other call the connection is gRPC's, and the bytes that
// have come so far go there. Until then the peer has been sent nothing but a SETTINGS frame that changes nothing.
// Owned by the connection's pump; the door's thread only.
#pragma once

#include <memory>
#include <string>

#include "base/net/inner_side.h"
#include "services/hub/door/stream_service.h"

namespace orch::hub {

class StreamSide final : public InnerSide, private GrpcConnection::Handler {
 public:
  // So many bytes may come before the first call is known; a header block is smaller. With more, gRPC decides.
  static constexpr size_t kMaxUndecidedBytes = 48u << 10;

  // `connection`: its number at the door.
  StreamSide(uint64_t connection, StreamService* service, std::shared_ptr<StreamMail> mail);
  ~StreamSide() override;

  // The proved peer; before the first byte.
  void SetVisitor(std::shared_ptr<Visitor> visitor) { visitor_ = std::move(visitor); }

  absl::Status Put(absl::string_view bytes) override;
  void EndPutting() override { closed_ = true; }
  size_t unsent() const override { return 0; }
  void Flush() override {}
  Taken Take(char* bytes, size_t most, size_t* size) override;
  bool readable() const override;
  bool ended() const override { return ended_; }

  bool for_grpc() const { return state_ == State::kForGrpc; }
  // Once, when the connection is gRPC's: the bytes that have come.
  std::string TakeHeard() { return std::move(heard_); }

  void OnLetter(StreamMail::Letter letter);
  // Whether the reader has enough for now.
  bool full() const { return reader_ != nullptr && reader_->full(); }
  // Whether a stream that the hub has ended is not written to its end.
  bool finishing() const { return http2_.finishing(); }
  void Ping() {
    awaits_answer_ = false;
    http2_.Ping();
  }

 private:
  enum class State { kUndecided, kServed, kForGrpc };

  absl::Status OnCall(absl::string_view method) override;
  void OnMessage(std::string message) override { reader_->OnMessage(std::move(message)); }
  void OnWritten(size_t bytes) override { writer_->OnWritten(bytes); }
  void OnCallEnd(End end) override;

  const uint64_t connection_;
  StreamService* const service_;
  const std::shared_ptr<StreamMail> mail_;
  std::shared_ptr<Visitor> visitor_;
  State state_ = State::kUndecided;
  std::string heard_;     // while it is undecided
  std::string greeting_;  // the SETTINGS frame, until it is taken
  GrpcConnection http2_;
  uint32_t call_ = 0;
  bool awaits_answer_ = false;            // of the call; its headers wait for the first message, and go with it
  std::shared_ptr<StreamReader> reader_;  // of the call that is open
  std::shared_ptr<StreamWriter> writer_;  // of the newest call
  bool closed_ = false;                   // by the peer
  bool ended_ = false;
};

}  // namespace orch::hub

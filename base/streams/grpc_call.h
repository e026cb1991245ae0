// The client's side of one gRPC call over an HTTP/2 connection of its own, in bytes and out bytes: knows no socket and
// no thread. Reads and writes the frames with nghttp2; messages pass as bytes. Takes no compressed message. One owner,
// one thread. Bounded: one message of the server, and what Send is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/streams/grpc_message.h"
#include "base/streams/http2_output.h"
#include "base/streams/message_queue.h"
#include "base/streams/message_reader.h"

struct nghttp2_session;

namespace orch {

class GrpcCall {
 public:
  static constexpr size_t kMaxMessageBytes = 4u << 20;
  static constexpr size_t kMaxMetadataBytes = 16u << 10;  // of headers and trailers, each field with 32 bytes besides

  // Called from Receive and Take. Must not destroy the call, nor call Receive or Take.
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void OnMessage(std::string message) = 0;
    // A message that Send was given has gone into frames.
    virtual void OnWritten(size_t bytes) = 0;
    // The last words: the status that the server gave, or why there is none.
    virtual void OnEnd(const absl::Status& status) = 0;
  };

  // Calls `method`, such as "/orch.v1.NodeService/Attach". `metadata`: names in small letters.
  GrpcCall(absl::string_view method, const std::vector<std::pair<std::string, std::string>>& metadata,
           Handler* handler);
  ~GrpcCall();
  GrpcCall(const GrpcCall&) = delete;
  GrpcCall& operator=(const GrpcCall&) = delete;

  // Takes bytes of the server, in order. InvalidArgument: they are not HTTP/2, and the connection must end.
  absl::Status Receive(absl::string_view bytes);
  // Copies at most `most` bytes for the server and returns how many; 0: there are none at present.
  size_t Take(char* bytes, size_t most) { return output_.Take(session_, bytes, most); }
  bool has_output() const { return output_.has_any(session_); }

  void Send(GrpcMessage message);
  // Tells the server, after everything that was sent, that nothing more comes.
  void HalfClose();
  bool ended() const { return ended_; }

 private:
  struct Callbacks;  // what nghttp2 calls

  void OnField(absl::string_view name, absl::string_view value);
  void OnData(absl::string_view bytes);
  void OnStreamClosed(uint32_t error);
  void End(const absl::Status& status);
  void Resume();

  Handler* const handler_;
  nghttp2_session* session_ = nullptr;
  Http2Output output_;
  int32_t stream_ = 0;
  bool half_closed_ = false;
  bool deferred_ = false;  // nghttp2 waits for Resume
  bool ended_ = false;
  size_t metadata_bytes_ = 0;
  std::string http_status_;
  std::string grpc_status_;
  std::string grpc_message_;
  MessageReader reader_{kMaxMessageBytes};
  MessageQueue queue_;
};

}  // namespace orch

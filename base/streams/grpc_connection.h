// The server's side of one HTTP/2 connection that carries one gRPC stream at a time, in bytes and out bytes: knows no
// socket and no thread. Reads and writes the frames with nghttp2; messages pass as bytes. Takes no compressed message.
// Owned by a connection of the door; its thread only. Bounded: one message of the peer, and what Send is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "base/streams/grpc_message.h"
#include "base/streams/http2_output.h"
#include "base/streams/message_queue.h"
#include "base/streams/message_reader.h"

struct nghttp2_session;

namespace orch {

class GrpcConnection {
 public:
  static constexpr size_t kMaxMessageBytes = 4u << 20;
  static constexpr size_t kMaxMetadataBytes = 16u
                                              << 10;  // of a request, each field with 32 bytes besides, as HTTP/2 does

  // Called from Receive and Take. Must not destroy the connection, nor call Receive or Take.
  class Handler {
   public:
    virtual ~Handler() = default;
    // The peer calls `method`, such as "/orch.v1.NodeService/Attach". An error ends the call, and the peer is told.
    virtual absl::Status OnCall(absl::string_view method) = 0;
    virtual void OnMessage(std::string message) = 0;
    // A message that Send was given has gone into frames.
    virtual void OnWritten(size_t bytes) = 0;
    enum class End {
      kByPeer,  // the peer has said that nothing more comes
      kReset,   // the call was cut off
      kByUs,    // the peer has been told of the end (Finish)
    };
    // The last words about a call.
    virtual void OnCallEnd(End end) = 0;
  };

  explicit GrpcConnection(Handler* handler);
  ~GrpcConnection();
  GrpcConnection(const GrpcConnection&) = delete;
  GrpcConnection& operator=(const GrpcConnection&) = delete;

  // Takes bytes of the peer, in order. InvalidArgument: they are not HTTP/2, and the connection must end.
  absl::Status Receive(absl::string_view bytes);
  // Copies at most `most` bytes for the peer and returns how many; 0: there are none at present.
  size_t Take(char* bytes, size_t most) { return output_.Take(session_, bytes, most); }
  bool has_output() const { return output_.has_any(session_); }
  // Both sides have ended the connection.
  bool over() const;

  // Queues a message of the call that is open; nothing happens without one.
  void Send(GrpcMessage message);
  // Ends the call once everything that is queued is written.
  void Finish(const absl::Status& status);
  // Whether a call that Finish has ended is not yet written to its end.
  bool finishing() const { return stream_ != 0 && finish_; }
  // Asks the peer for a sign of life.
  void Ping();

 private:
  struct Callbacks;  // what nghttp2 calls

  struct Request {
    int32_t stream = 0;
    std::string path;
    std::string method;
    std::string content_type;
    size_t bytes = 0;
  };

  void OnRequest();
  void Refuse(int32_t stream, const absl::Status& status);
  void OnData(absl::string_view bytes);
  void OnPeerEnd();
  void OnStreamClosed(int32_t stream);
  void EndCall(Handler::End end);
  void Resume();

  Handler* const handler_;
  nghttp2_session* session_ = nullptr;
  Request request_;  // whose header block is being received
  Http2Output output_;

  // The call.
  int32_t stream_ = 0;     // 0: none
  bool told_ = false;      // OnCallEnd was called
  bool ignoring_ = false;  // what the peer still sends
  bool deferred_ = false;  // nghttp2 waits for Resume
  bool finish_ = false;
  absl::Status status_;  // with finish_
  MessageReader reader_{kMaxMessageBytes};
  MessageQueue queue_;
};

}  // namespace orch

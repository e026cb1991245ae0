// The server's side of one HTTP/2 connection that carries one gRPC stream at a time, in bytes and out bytes: knows no
// socket and no thread. Reads and writes the frames with nghttp2; messages pass as bytes. Takes no compressed message.
// Owned by a connection of the door; its thread only. Bounded: one message of the peer, and what Send is given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

struct nghttp2_session;

namespace orch::hub {

class GrpcConnection {
 public:
  static constexpr size_t kMaxMessageBytes = 4u << 20;
  static constexpr size_t kMaxMetadataBytes = 16u
                                              << 10;  // of a request, each field with 32 bytes besides, as HTTP/2 does

  struct Message {
    std::string head;
    std::shared_ptr<const std::string> rest;  // follows the head; shared with other streams; may be null
    size_t size() const { return head.size() + (rest != nullptr ? rest->size() : 0); }
  };

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
  size_t Take(char* bytes, size_t most);
  bool has_output() const;
  // Both sides have ended the connection.
  bool over() const;

  // Queues a message of the call that is open; nothing happens without one.
  void Send(Message message);
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
  // The whole prefix of a message is here. False when the message is not taken.
  bool BeginMessage();
  void OnPeerEnd();
  void OnStreamClosed(int32_t stream);
  void EndCall(Handler::End end);
  // Copies what is queued into a DATA frame.
  size_t CopyQueued(uint8_t* to, size_t most);
  void ForgetQueued();
  void Resume();

  Handler* const handler_;
  nghttp2_session* session_ = nullptr;
  Request request_;          // whose header block is being received
  absl::string_view taken_;  // nghttp2's next bytes for the peer, valid until it is asked for more

  // The call.
  int32_t stream_ = 0;     // 0: none
  bool told_ = false;      // OnCallEnd was called
  bool ignoring_ = false;  // what the peer still sends
  bool deferred_ = false;  // nghttp2 waits for Resume
  bool finish_ = false;
  absl::Status status_;  // with finish_
  uint8_t prefix_[5];
  size_t prefix_seen_ = 0;
  size_t message_left_ = 0;
  std::string message_;

  struct Queued {
    uint8_t prefix[5];
    Message message;
  };
  std::vector<Queued> queue_;
  size_t next_ = 0;     // in queue_
  size_t next_at_ = 0;  // bytes of it that are written, its prefix included
};

}  // namespace orch::hub

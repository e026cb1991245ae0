// Inspects one direction of an HTTP/2 connection (RFC 9113): reads the frame headers and the length before each gRPC
// message as the bytes pass. Stops the attacks against which gRPC 1.51 has no bound: endless header blocks, announced
// messages that are too large, unfinished messages, and floods of resets, settings and pings. Pure; one owner, one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/net/frame_reader.h"
#include "base/token_bucket.h"

namespace orch {

class FrameGuard {
 public:
  // The side that sends the bytes.
  enum class From { kClient, kServer };

  static constexpr size_t kMaxFrameBytes = 16'384;        // of a payload; the limit that gRPC announces
  static constexpr size_t kMaxHeaderBlockBytes = 32'768;  // metadata of a call is at most 16 KiB
  static constexpr int kMaxContinuations = 8;             // frames that continue one header block
  static constexpr size_t kMaxMessageBytes = 8u << 20;    // announced; gRPC refuses more than 4 MiB with a message
  // The same for messages of a hub: an answer about 65,536 names fits. gRPC buffers a whole message before it checks
  // the length, even if it has gigabytes.
  static constexpr size_t kMaxAnswerBytes = 20u << 20;
  static constexpr size_t kMaxOpenStreams = 512;  // begun by the peer and not ended; gRPC allows 128
  static constexpr double kResetsPerSecond = 50;  // streams that the peer resets
  static constexpr double kResetBurst = 300;
  static constexpr double kControlsPerSecond = 500;  // SETTINGS, PING, PRIORITY, GOAWAY, empty DATA, unknown types
  static constexpr double kControlBurst = 2000;
  static constexpr double kWindowsPerSecond = 5000;  // WINDOW_UPDATE frames of a hub; a client's cost as bytes do
  static constexpr double kWindowBurst = 20'000;
  // The cost of a frame and of a new call besides their bytes; the unit is the cost of one byte.
  static constexpr size_t kFrameCost = 128;
  static constexpr size_t kCallCost = 8'192;
  // The cost of a byte in a message of more than kLargeMessageBytes. Empty fields become objects of 28 times their
  // size, and more where the message is copied; the cost makes large messages of one identity come one after another.
  static constexpr size_t kLargeMessageBytes = 128u << 10;
  static constexpr size_t kLargeByteCost = 16;

  explicit FrameGuard(From from);

  // Takes the next bytes, in order, and returns their cost: that of bytes, frames and new calls together. An error
  // (InvalidArgument, ResourceExhausted) names the fault of the peer; the connection must then end, and the bytes must
  // not be passed on. `now` is Clock::Steady.
  absl::StatusOr<size_t> Weigh(absl::string_view bytes, absl::Duration now);

  // Drops the state of a stream that the other direction has reset. gRPC's server resets every call that it ends before
  // the client does.
  void EndStream(uint32_t stream);

  // Bytes of unfinished messages, which gRPC holds in memory for the peer.
  size_t held() const { return held_; }

 private:
  absl::Status OnFrame(const FrameReader::Header& frame, absl::Duration now);
  absl::Status OnHeaderBlock(const FrameReader::Header& frame, bool first);
  // Remembers the stream, if it is new. `what`: the kind of thing of which there are too many, for the error.
  absl::Status BeginStream(uint32_t id, absl::string_view what);
  absl::Status OnData(const FrameReader::Header& frame);
  absl::Status OnPayload(absl::string_view bytes);
  // Called after the last byte of a frame's payload.
  void OnPayloadEnd();
  absl::Status EatPreface(absl::string_view* bytes);

  // The position of one stream in its messages.
  struct Stream {
    uint8_t prefix[5];  // flag and length before a message
    uint8_t prefix_seen = 0;
    size_t left = 0;     // bytes of the message still to come
    bool large = false;  // the message exceeds kLargeMessageBytes
    size_t held = 0;     // bytes of the unfinished message and its prefix
  };

  const From from_;
  size_t preface_seen_ = 0;
  FrameReader reader_;
  Stream* stream_ = nullptr;  // the stream whose data passes
  bool stream_ends_ = false;  // this frame ends it
  // From a client: the streams it has begun. From a server: the streams in the middle of a message.
  absl::flat_hash_map<uint32_t, std::unique_ptr<Stream>> streams_;
  size_t held_ = 0;
  size_t block_bytes_ = 0;  // of the open header block
  int continuations_ = 0;
  bool in_block_ = false;
  size_t cost_ = 0;  // within the current call of Weigh
  TokenBucket resets_;
  TokenBucket controls_;
  TokenBucket windows_;
};

}  // namespace orch

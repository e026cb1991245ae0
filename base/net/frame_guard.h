// Reads the frame headers of one direction of an HTTP/2 connection (RFC 9113), and the length before each gRPC message,
// as the bytes pass, and stops what gRPC 1.51 has no bound for: endless header blocks, messages that are announced
// larger than anybody takes, messages begun and never ended, floods of resets, settings and pings. Pure; one owner, one
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
  // Whose bytes pass.
  enum class From { kClient, kServer };

  static constexpr size_t kMaxFrameBytes = 16'384;        // of a payload; what gRPC announces as its own limit
  static constexpr size_t kMaxHeaderBlockBytes = 32'768;  // metadata of a call is at most 16 KiB
  static constexpr int kMaxContinuations = 8;             // of one header block
  static constexpr size_t kMaxMessageBytes = 8u << 20;    // announced; gRPC itself refuses more than 4 MiB with words
  // The same of a hub's: what it says of 65,536 names has room. gRPC keeps the whole of a message before it looks at
  // the length, however many gigabytes that are.
  static constexpr size_t kMaxAnswerBytes = 20u << 20;
  static constexpr size_t kMaxOpenStreams = 512;  // that the peer has begun and not ended; gRPC allows 128
  static constexpr double kResetsPerSecond = 50;  // streams the peer resets
  static constexpr double kResetBurst = 300;
  static constexpr double kControlsPerSecond = 500;  // SETTINGS, PING, PRIORITY, GOAWAY, empty DATA, unknown types
  static constexpr double kControlBurst = 2000;
  static constexpr double kWindowsPerSecond = 5000;  // WINDOW_UPDATE of a hub; a client pays for them as for bytes
  static constexpr double kWindowBurst = 20'000;
  // What a frame and a new call cost beside their bytes, in the same unit as a byte.
  static constexpr size_t kFrameCost = 128;
  static constexpr size_t kCallCost = 8'192;
  // A byte of a message of more than kLargeMessageBytes costs so much: empty fields become 28 times as many bytes of
  // objects, and more where the message is copied. So large messages of one identity come one after the other.
  static constexpr size_t kLargeMessageBytes = 128u << 10;
  static constexpr size_t kLargeByteCost = 16;

  explicit FrameGuard(From from);

  // The next bytes, in order. Returns what they cost: bytes, frames and new calls weighed together. An error
  // (InvalidArgument, ResourceExhausted) names what the peer did; the connection must then end, and the bytes
  // must not be passed on. `now`: Clock::Steady.
  absl::StatusOr<size_t> Weigh(absl::string_view bytes, absl::Duration now);

  // The other direction has reset the stream, so nothing of it is kept any more. gRPC's server does so with every call
  // that it ends before the client has.
  void EndStream(uint32_t stream);

  // Bytes of messages that have begun and not ended: what gRPC keeps in memory for the peer.
  size_t held() const { return held_; }

 private:
  absl::Status OnFrame(const FrameReader::Header& frame, absl::Duration now);
  absl::Status OnHeaderBlock(const FrameReader::Header& frame, bool first);
  absl::Status OnData(const FrameReader::Header& frame);
  absl::Status OnPayload(absl::string_view bytes);
  // After the last byte of a frame's payload.
  void OnPayloadEnd();
  absl::Status EatPreface(absl::string_view* bytes);

  // Where one stream is between its messages.
  struct Stream {
    uint8_t prefix[5];  // flags and length before a message
    uint8_t prefix_seen = 0;
    size_t left = 0;     // of the message
    bool large = false;  // the message
    size_t held = 0;     // of an unfinished message, its prefix included
  };

  const From from_;
  size_t preface_seen_ = 0;
  FrameReader reader_;
  Stream* stream_ = nullptr;  // whose data passes
  bool stream_ends_ = false;  // with this frame
  // Of clients: those they have begun. Of servers: those in the middle of a message.
  absl::flat_hash_map<uint32_t, std::unique_ptr<Stream>> streams_;
  size_t held_ = 0;
  size_t block_bytes_ = 0;  // of the header block that is open
  int continuations_ = 0;
  bool in_block_ = false;
  size_t cost_ = 0;  // of the call to Weigh that runs
  TokenBucket resets_;
  TokenBucket controls_;
  TokenBucket windows_;
};

}  // namespace orch

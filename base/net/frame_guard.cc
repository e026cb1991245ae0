#include "base/net/frame_guard.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/net/http2.h"
#include "base/status_macros.h"

namespace orch {
namespace {

constexpr uint8_t kEndStream = 0x1;
constexpr uint8_t kEndHeaders = 0x4;
constexpr uint8_t kPadded = 0x8;

absl::Status Flood(absl::string_view what) {
  return absl::ResourceExhaustedError(absl::StrCat("HTTP/2: too many ", what, " in a short time"));
}

}  // namespace

FrameGuard::FrameGuard(From from)
    : from_(from),
      preface_seen_(from == From::kClient ? 0 : kHttp2Preface.size()),
      resets_(kResetsPerSecond, kResetBurst),
      controls_(kControlsPerSecond, kControlBurst),
      windows_(kWindowsPerSecond, kWindowBurst) {}

absl::Status FrameGuard::EatPreface(absl::string_view* bytes) {
  const size_t size = std::min(bytes->size(), kHttp2Preface.size() - preface_seen_);
  if (bytes->substr(0, size) != kHttp2Preface.substr(preface_seen_, size)) {
    return absl::InvalidArgumentError("the peer does not speak HTTP/2");
  }
  preface_seen_ += size;
  bytes->remove_prefix(size);
  return absl::OkStatus();
}

absl::StatusOr<size_t> FrameGuard::Weigh(absl::string_view bytes, absl::Duration now) {
  cost_ = bytes.size();
  if (preface_seen_ < kHttp2Preface.size()) ORCH_RETURN_IF_ERROR(EatPreface(&bytes));
  absl::string_view payload;
  while (!bytes.empty()) {
    const FrameReader::Part part = reader_.Next(&bytes, &payload);
    if (part == FrameReader::Part::kHeader) ORCH_RETURN_IF_ERROR(OnFrame(reader_.header(), now));
    if (part != FrameReader::Part::kPayload) continue;
    if (stream_ != nullptr) ORCH_RETURN_IF_ERROR(OnPayload(payload));
    if (reader_.payload_left() == 0) OnPayloadEnd();
  }
  return cost_;
}

absl::Status FrameGuard::OnFrame(const FrameReader::Header& frame, absl::Duration now) {
  stream_ = nullptr;
  stream_ends_ = false;
  cost_ += kFrameCost;
  if (frame.size > kMaxFrameBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("HTTP/2: a frame of ", frame.size, " bytes; at most ", kMaxFrameBytes, " are taken"));
  }
  if (in_block_ != (frame.type == kContinuationFrame)) {
    return absl::InvalidArgumentError("HTTP/2: a header block is not continued as it must be");
  }
  switch (frame.type) {
    case kHeadersFrame:
      cost_ += kCallCost;
      if ((frame.flags & kEndStream) != 0) {
        EndStream(frame.stream);
      } else if (from_ == From::kClient) {
        ORCH_RETURN_IF_ERROR(BeginStream(frame.stream, "open streams"));
      }
      return OnHeaderBlock(frame, true);
    case kContinuationFrame:
      return OnHeaderBlock(frame, false);
    case kRstStreamFrame:
      EndStream(frame.stream);
      return from_ == From::kServer || resets_.TryTake(1, now) ? absl::OkStatus() : Flood("reset streams");
    case kPushPromiseFrame:
      return absl::InvalidArgumentError("HTTP/2: a pushed stream, which nobody here has asked for");
    case kDataFrame:
      if (frame.size > 0 || (frame.flags & kEndStream) != 0) return OnData(frame);
      [[fallthrough]];
    case kPriorityFrame:
    case kSettingsFrame:
    case kPingFrame:
    case kGoawayFrame:
      return controls_.TryTake(1, now) ? absl::OkStatus() : Flood("settings, pings or empty frames");
    case kWindowUpdateFrame:
      return from_ == From::kClient || windows_.TryTake(1, now) ? absl::OkStatus() : Flood("window updates");
    default:
      return controls_.TryTake(1, now) ? absl::OkStatus() : Flood("frames of unknown types");
  }
}

absl::Status FrameGuard::BeginStream(uint32_t id, absl::string_view what) {
  std::unique_ptr<Stream>& stream = streams_[id];
  if (stream == nullptr) stream = std::make_unique<Stream>();
  return streams_.size() > kMaxOpenStreams ? Flood(what) : absl::OkStatus();
}

absl::Status FrameGuard::OnData(const FrameReader::Header& frame) {
  if ((frame.flags & kPadded) != 0) return absl::InvalidArgumentError("HTTP/2: padded data, which no gRPC peer sends");
  stream_ends_ = (frame.flags & kEndStream) != 0;
  if (frame.size == 0) {
    EndStream(frame.stream);
    return absl::OkStatus();
  }
  if (from_ == From::kServer) ORCH_RETURN_IF_ERROR(BeginStream(frame.stream, "messages begun"));
  const auto found = streams_.find(frame.stream);
  if (found != streams_.end()) stream_ = found->second.get();
  return absl::OkStatus();
}

void FrameGuard::OnPayloadEnd() {
  if (stream_ == nullptr) return;
  const bool between_messages = stream_->left == 0 && stream_->prefix_seen == 0;
  if (stream_ends_ || (from_ == From::kServer && between_messages)) EndStream(reader_.header().stream);
}

absl::Status FrameGuard::OnPayload(absl::string_view bytes) {
  Stream& s = *stream_;
  while (!bytes.empty()) {
    if (s.left == 0) {
      const size_t size = std::min(bytes.size(), sizeof s.prefix - s.prefix_seen);
      std::memcpy(s.prefix + s.prefix_seen, bytes.data(), size);
      s.prefix_seen = static_cast<uint8_t>(s.prefix_seen + size);
      bytes.remove_prefix(size);
      s.held += size;
      held_ += size;
      if (s.prefix_seen < sizeof s.prefix) break;
      s.prefix_seen = 0;
      s.left = static_cast<size_t>(s.prefix[1]) << 24 | static_cast<size_t>(s.prefix[2]) << 16 |
               static_cast<size_t>(s.prefix[3]) << 8 | s.prefix[4];
      const size_t most = from_ == From::kClient ? kMaxMessageBytes : kMaxAnswerBytes;
      if (s.left > most) {
        return absl::ResourceExhaustedError(
            absl::StrCat("a message of ", s.left, " bytes; more than ", most, " are never taken"));
      }
      s.large = s.left > kLargeMessageBytes;
    } else {
      const size_t size = std::min(bytes.size(), s.left);
      if (s.large) cost_ += size * (kLargeByteCost - 1);
      s.left -= size;
      s.held += size;
      held_ += size;
      bytes.remove_prefix(size);
    }
    if (s.left == 0) held_ -= std::exchange(s.held, 0);
  }
  return absl::OkStatus();
}

void FrameGuard::EndStream(uint32_t stream) {
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  if (stream_ == found->second.get()) stream_ = nullptr;
  held_ -= found->second->held;
  streams_.erase(found);
}

absl::Status FrameGuard::OnHeaderBlock(const FrameReader::Header& frame, bool first) {
  block_bytes_ = (first ? 0 : block_bytes_) + frame.size;
  continuations_ = first ? 0 : continuations_ + 1;
  in_block_ = (frame.flags & kEndHeaders) == 0;
  if (block_bytes_ <= kMaxHeaderBlockBytes && continuations_ <= kMaxContinuations) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat("HTTP/2: a header block of more than ", kMaxHeaderBlockBytes,
                                                   " bytes or ", kMaxContinuations, " continuations"));
}

}  // namespace orch

#include "base/net/frame_reader.h"

#include <algorithm>
#include <cstring>

namespace orch {

FrameReader::Part FrameReader::Next(absl::string_view* bytes, absl::string_view* payload) {
  if (payload_left_ > 0 && !bytes->empty()) {
    *payload = bytes->substr(0, payload_left_);
    payload_left_ -= payload->size();
    bytes->remove_prefix(payload->size());
    return Part::kPayload;
  }
  const size_t size = std::min(bytes->size(), kFrameHeaderBytes - raw_seen_);
  std::memcpy(raw_ + raw_seen_, bytes->data(), size);
  raw_seen_ += size;
  bytes->remove_prefix(size);
  if (raw_seen_ < kFrameHeaderBytes) return Part::kMore;
  raw_seen_ = 0;
  header_.size = static_cast<size_t>(raw_[0]) << 16 | static_cast<size_t>(raw_[1]) << 8 | raw_[2];
  header_.type = raw_[3];
  header_.flags = raw_[4];
  header_.stream = (static_cast<uint32_t>(raw_[5]) << 24 | static_cast<uint32_t>(raw_[6]) << 16 |
                    static_cast<uint32_t>(raw_[7]) << 8 | raw_[8]) &
                   0x7fffffffu;
  payload_left_ = header_.size;
  return Part::kHeader;
}

}  // namespace orch

#include "base/net/refusal_frames.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/net/http2.h"

namespace orch {
namespace {

constexpr char kEnhanceYourCalm = 11;
constexpr absl::string_view kEmptySettings("\0\0\0\4\0\0\0\0\0", kFrameHeaderBytes);
constexpr size_t kGoawayFixedBytes = 8;  // last stream and error code

}  // namespace

std::string MakeRefusal(absl::string_view why) {
  why = why.substr(0, kMaxRefusalBytes - 2 * kFrameHeaderBytes - kGoawayFixedBytes);
  const size_t size = kGoawayFixedBytes + why.size();
  std::string frames(kEmptySettings);
  const char header[] = {0, static_cast<char>(size >> 8), static_cast<char>(size & 0xff), kGoawayFrame, 0, 0, 0, 0, 0};
  frames.append(header, sizeof header);
  const char fixed[] = {0, 0, 0, 0, 0, 0, 0, kEnhanceYourCalm};
  frames.append(fixed, sizeof fixed);
  return absl::StrCat(frames, why);
}

Refused ReadRefusal(absl::string_view bytes) {
  const size_t compared = std::min(bytes.size(), kEmptySettings.size());
  if (bytes.substr(0, compared) != kEmptySettings.substr(0, compared)) return {Refused::Kind::kNo, ""};
  bytes.remove_prefix(compared);
  if (bytes.size() > 3 && bytes[3] != kGoawayFrame) return {Refused::Kind::kNo, ""};
  if (bytes.size() < kFrameHeaderBytes) return {};
  const size_t size = static_cast<unsigned char>(bytes[1]) << 8 | static_cast<unsigned char>(bytes[2]);
  if (bytes[0] != 0 || size < kGoawayFixedBytes || size > kMaxRefusalBytes) return {Refused::Kind::kNo, ""};
  if (bytes.size() < kFrameHeaderBytes + size) return {};
  return {Refused::Kind::kYes,
          absl::CHexEscape(bytes.substr(kFrameHeaderBytes + kGoawayFixedBytes, size - kGoawayFixedBytes))};
}

}  // namespace orch

#include "base/streams/message_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace orch {
namespace {

constexpr size_t kReserveAtMost = 64u << 10;  // before its bytes have come, whatever length a message announces

}  // namespace

absl::Status MessageReader::Feed(absl::string_view bytes, absl::FunctionRef<bool(std::string)> each) {
  while (!bytes.empty()) {
    if (left_ == 0) {
      const size_t size = std::min(bytes.size(), sizeof prefix_ - prefix_seen_);
      std::memcpy(prefix_ + prefix_seen_, bytes.data(), size);
      prefix_seen_ += size;
      bytes.remove_prefix(size);
      if (prefix_seen_ < sizeof prefix_) break;
      ORCH_RETURN_IF_ERROR(Begin());
    }
    const size_t size = std::min(bytes.size(), left_);
    message_.append(bytes.data(), size);
    left_ -= size;
    bytes.remove_prefix(size);
    if (left_ > 0) break;
    prefix_seen_ = 0;
    if (!each(std::exchange(message_, std::string()))) break;
  }
  return absl::OkStatus();
}

absl::Status MessageReader::Begin() {
  left_ = static_cast<size_t>(prefix_[1]) << 24 | static_cast<size_t>(prefix_[2]) << 16 |
          static_cast<size_t>(prefix_[3]) << 8 | prefix_[4];
  if (prefix_[0] != 0) return absl::UnimplementedError("compressed messages are not taken");
  if (left_ > max_message_bytes_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a message of ", left_, " bytes; at most ", max_message_bytes_, " are taken"));
  }
  message_.reserve(std::min(left_, kReserveAtMost));
  return absl::OkStatus();
}

void MessageReader::Clear() {
  prefix_seen_ = left_ = 0;
  std::string().swap(message_);
}

}  // namespace orch

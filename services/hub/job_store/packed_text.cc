#include "services/hub/job_store/packed_text.h"

#include <zlib.h>

namespace orch::hub {
namespace {

constexpr int kFastest = 1;

}  // namespace

std::string Pack(absl::string_view text) {
  uLongf size = compressBound(static_cast<uLong>(text.size()));
  std::string packed(size, '\0');
  // Compression fails only when memory runs out: the bound has room for every text.
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
                static_cast<uLong>(text.size()), kFastest) != Z_OK) {
    size = 0;
  }
  packed.resize(size);
  return packed;
}

absl::StatusOr<std::string> Unpack(absl::string_view packed, size_t bytes) {
  if (bytes > kMaxPackedText) return absl::DataLossError("a packed text that says it is larger than any may be");
  std::string text(bytes, '\0');
  uLongf size = static_cast<uLongf>(bytes);
  const int code = uncompress(reinterpret_cast<Bytef*>(text.data()), &size,
                              reinterpret_cast<const Bytef*>(packed.data()), static_cast<uLong>(packed.size()));
  if (code != Z_OK || size != bytes) return absl::DataLossError("a packed text cannot be unpacked");
  return text;
}

}  // namespace orch::hub

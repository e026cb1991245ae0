#include "services/hub/job_store/packed_text.h"

#include <zlib.h>

namespace orch::hub {
namespace {

constexpr int kFastest = 1;
// zlib clears its memory for each text, which costs seven times what packing the facts of a node does. A window as
// large as the text packs as well as the largest one.
constexpr size_t kSmallText = 4096;

struct Effort {
  int window_bits;
  int memory_level;
};
Effort EffortFor(size_t bytes) { return bytes <= kSmallText ? Effort{12, 5} : Effort{15, 8}; }

}  // namespace

std::string Pack(absl::string_view text) {
  const Effort effort = EffortFor(text.size());
  z_stream stream{};
  // Compression fails only when memory runs out: the bound has room for every text.
  if (deflateInit2(&stream, kFastest, Z_DEFLATED, effort.window_bits, effort.memory_level, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return "";
  }
  std::string packed(deflateBound(&stream, static_cast<uLong>(text.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib does not change it
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  packed.resize(deflate(&stream, Z_FINISH) == Z_STREAM_END ? stream.total_out : 0);
  deflateEnd(&stream);
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

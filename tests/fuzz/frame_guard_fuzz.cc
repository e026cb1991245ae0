// The guard takes any bytes, answers the same however they are cut, and never holds more than came. It is compiled
// here, so that it is instrumented.
#include <cstdint>
#include <cstdlib>

#include "base/net/frame_guard.cc"  // NOLINT: instrumented

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using orch::FrameGuard;
  if (size == 0) return 0;
  const size_t step = 1 + data[0] % 37;
  const absl::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  FrameGuard whole(FrameGuard::From::kServer);
  const absl::Status expected = whole.Weigh(bytes, absl::Seconds(1)).status();
  FrameGuard cut(FrameGuard::From::kServer);
  absl::Status seen;
  for (size_t at = 0; seen.ok() && at < bytes.size(); at += step) {
    seen = cut.Weigh(bytes.substr(at, step), absl::Seconds(1)).status();
    if (cut.held() > bytes.size()) abort();
  }
  if (seen != expected) abort();
  return 0;
}

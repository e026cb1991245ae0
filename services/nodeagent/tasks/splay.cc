#include "services/nodeagent/tasks/splay.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"
#include "base/digest.h"

namespace orch::nodeagent {

absl::Duration SplayDelay(absl::string_view attempt_id, absl::string_view identity, absl::Duration splay) {
  const int64_t micros = absl::ToInt64Microseconds(std::min(splay, kMaxSplay));
  if (micros <= 0) return absl::ZeroDuration();
  const std::string digest = Sha256(absl::StrCat(attempt_id, ":", identity));
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | static_cast<unsigned char>(digest[i]);
  return absl::Microseconds(static_cast<int64_t>(value % static_cast<uint64_t>(micros)));
}

}  // namespace orch::nodeagent

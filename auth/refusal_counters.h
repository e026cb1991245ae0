// How often peers were refused, by reason. Thread-safe.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

#include "auth/refusal.h"

namespace orch::auth {

class RefusalCounters {
 public:
  void Count(Refusal refusal) { counts_[static_cast<size_t>(refusal)].fetch_add(1, std::memory_order_relaxed); }
  uint64_t Get(Refusal refusal) const { return counts_[static_cast<size_t>(refusal)].load(std::memory_order_relaxed); }
  std::map<std::string, uint64_t> All() const;  // every reason, zeros included

 private:
  std::array<std::atomic<uint64_t>, static_cast<size_t>(Refusal::kCount)> counts_{};
};

}  // namespace orch::auth

#include "auth/refusal_counters.h"

namespace orch::auth {

std::map<std::string, uint64_t> RefusalCounters::All() const {
  std::map<std::string, uint64_t> all;
  for (size_t i = 0; i < static_cast<size_t>(Refusal::kCount); ++i) {
    const Refusal refusal = static_cast<Refusal>(i);
    all.emplace(std::string(RefusalName(refusal)), Get(refusal));
  }
  return all;
}

}  // namespace orch::auth

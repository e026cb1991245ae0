#include "services/hub/door/hello_memory.h"

#include <utility>

namespace orch::hub {

void HelloMemory::Add(uint64_t mark) {
  recent_.insert(mark);
  if (recent_.size() < kMost / 2) return;
  older_ = std::move(recent_);
  recent_.clear();
}

}  // namespace orch::hub

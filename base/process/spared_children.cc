#include "base/process/spared_children.h"

#include <algorithm>

namespace orch {

void SparedChildren::Remove(pid_t pid) {
  for (size_t i = 0; i < count_; ++i) {
    if (pids_[i] == pid) pids_[i] = pids_[--count_];
  }
}

bool SparedChildren::Has(pid_t pid) const {
  for (size_t i = 0; i < count_; ++i) {
    if (pids_[i] == pid) return true;
  }
  return false;
}

}  // namespace orch

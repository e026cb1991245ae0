// The children of this process that a ProcessTree leaves alone, together with their descendants. The kernel gives none
// of their process ids to another process before this process reaps them. Bounded; allocates nothing, so that it may be
// used between fork and exec. One thread.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>

namespace orch {

inline constexpr size_t kMaxSpared = 256;  // further children are not added

class SparedChildren {
 public:
  void Add(pid_t pid) {
    if (count_ < pids_.size() && !Has(pid)) pids_[count_++] = pid;
  }
  void Remove(pid_t pid);
  bool Has(pid_t pid) const;
  bool empty() const { return count_ == 0; }

 private:
  std::array<pid_t, kMaxSpared> pids_ = {};
  size_t count_ = 0;
};

}  // namespace orch

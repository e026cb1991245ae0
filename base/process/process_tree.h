// Processes that descend from this one, in whatever session or process group they are now. Linux; reads
// /proc. Makes system calls only and allocates nothing but one mapping, so that it may be used between
// fork and exec in a child of a program with many threads.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>

namespace orch {

inline constexpr size_t kMaxProcesses = 65'536;  // looked at; those beyond are seen once others have ended
inline constexpr size_t kMaxSpared = 256;        // children of one process

// Children of this process that are left alone, with all that descends from them. Their numbers cannot
// be given to another process before this one reaps them.
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

// One look at /proc at a time. One thread.
class ProcessTree {
 public:
  ProcessTree();
  ~ProcessTree();
  ProcessTree(const ProcessTree&) = delete;
  ProcessTree& operator=(const ProcessTree&) = delete;

  // Looks for what descends from `root`, which is left out itself as well as what `spared` holds. Returns
  // how many there are; those that have ended and wait to be reaped are left out.
  size_t Find(pid_t root, const SparedChildren& spared);
  // Sends `signal` to all that were found, parents before their children.
  void Signal(int signal) const;
  // Whether the last look saw any that has ended and was not reaped.
  bool HasEnded() const;
  // Calls `visit(pid)` with each child of the root that was found.
  template <typename Visit>
  void VisitChildren(Visit visit) const {
    for (size_t i = 0; i < count_; ++i) {
      if (rows_[i].found && rows_[i].parent == root_) visit(rows_[i].pid);
    }
  }

 private:
  struct Row {
    pid_t pid;
    pid_t parent;
    bool ended;
    bool found;
  };
  void ReadAll();
  Row* RowOf(pid_t pid) const;

  Row* rows_ = nullptr;  // by pid, ascending; null when no memory could be had
  size_t count_ = 0;
  pid_t root_ = 0;
};

}  // namespace orch

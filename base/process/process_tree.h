// Finds the descendants of a process in /proc, whatever session or process group they are in. Makes system calls only
// and allocates nothing but one mapping, so that it may be used between fork and exec in a child of a program with many
// threads. One thread.
#pragma once

#include <sys/types.h>

#include <cstddef>

#include "base/process/spared_children.h"

namespace orch {

inline constexpr size_t kMaxProcesses = 65'536;  // read at a time; further ones are found once others have ended

class ProcessTree {
 public:
  ProcessTree();
  ~ProcessTree();
  ProcessTree(const ProcessTree&) = delete;
  ProcessTree& operator=(const ProcessTree&) = delete;

  // Finds the descendants of `root`, without `root` itself and without the processes of `spared` and their descendants.
  // Returns their number without the zombies.
  size_t Find(pid_t root, const SparedChildren& spared);
  // Sends `signal` to all processes found, parents before their children.
  void Signal(int signal) const;
  // Whether the last Find saw a zombie.
  bool HasEnded() const;
  // Calls `visit(pid)` for each child of the root that was found.
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

  Row* rows_ = nullptr;  // by pid, ascending; null if there was no memory
  size_t count_ = 0;
  pid_t root_ = 0;
};

}  // namespace orch

// A process with a guard beside it (process_guard.h), seen from its maker: whatever the program starts,
// and however that regroups or detaches itself, ends with it; also when this program is killed. Used by
// RunProcess and WorkerProcess.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/process/process_guard.h"
#include "base/process/spawn_arguments.h"

namespace orch {

// One thread at a time.
class GuardedProcess {
 public:
  struct Options {
    bool leaves = false;  // as ProcessSpec::leaves
    bool spares = false;  // SettleOrphans may spare some: their output is read when the program has ended
    absl::Duration limit = absl::ZeroDuration();  // as GuardPlan::limit_ms; zero: none
  };
  // `in` becomes its standard input. Errors as RunProcess.
  static absl::StatusOr<std::unique_ptr<GuardedProcess>> Start(const ProcessSpec& spec, ProcessFd in,
                                                               const Options& options);
  // Ends what is left, and waits for that.
  ~GuardedProcess();
  GuardedProcess(const GuardedProcess&) = delete;
  GuardedProcess& operator=(const GuardedProcess&) = delete;

  pid_t pid() const { return pid_; }  // of the program, which leads its process group
  ProcessFd& out() { return out_; }   // reading ends, not blocking
  ProcessFd& err() { return err_; }
  int fd() const { return channel_.get(); }  // readable when Ended may have changed

  // True once the program and what descends from it have ended, as far as that is not to live on. Asks
  // without waiting.
  bool Ended();
  int status() const { return status_; }  // of the program, as waitpid has it; once Ended
  void Terminate();                       // SIGTERM to all
  void Kill();                            // SIGKILL to all, until none is left
  // After these, what the program has detached by now is never ended (`spare`), or has ended. Waits for it.
  void SettleOrphans(bool spare);
  // Waits until Ended, at most as long as the kernel may keep a killed process.
  void AwaitEnd();

 private:
  GuardedProcess() = default;
  bool Take(bool wait, GuardReport* report);
  void OnGuardLost();
  void ReapGuard();

  ProcessFd channel_;
  ProcessFd out_, err_;
  pid_t guard_ = -1;
  pid_t pid_ = -1;
  std::string cgroup_;  // the program's own; empty: it has none
  int status_ = 0;
  bool ended_ = false;
};

}  // namespace orch

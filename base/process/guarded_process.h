// A process with a guard (process_guard.h), as its maker sees it. All descendants of the program end with it, whatever
// sessions and groups they make for themselves, and also when this program is killed. RunProcess and WorkerProcess own
// one each. One thread at a time.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/process/process_guard.h"
#include "base/process/process_spec.h"
#include "base/unique_fd.h"

namespace orch {

class GuardedProcess {
 public:
  struct Options {
    bool leaves = false;  // as ProcessSpec::leaves
    bool spares = false;  // SettleOrphans may spare processes, whose output is drained after the program has ended
    absl::Duration limit = absl::ZeroDuration();  // as GuardPlan::limit_ms; zero: no limit
  };
  // `in` becomes its standard input. Returns the errors of RunProcess.
  static absl::StatusOr<std::unique_ptr<GuardedProcess>> Start(const ProcessSpec& spec, UniqueFd in,
                                                               const Options& options);
  // Ends all processes that are left, and waits for their end.
  ~GuardedProcess();
  GuardedProcess(const GuardedProcess&) = delete;
  GuardedProcess& operator=(const GuardedProcess&) = delete;

  pid_t pid() const { return pid_; }  // of the program, which leads its process group
  UniqueFd& out() { return out_; }    // reading ends, not blocking
  UniqueFd& err() { return err_; }
  int fd() const { return channel_.get(); }  // becomes readable when Ended may have changed

  // Whether the program and its descendants have ended, without those that are to survive. Never waits.
  bool Ended();
  int status() const { return status_; }  // of the program, as waitpid returns it; valid once Ended
  void Terminate();                       // sends SIGTERM to all
  void Kill();                            // sends SIGKILL to all until none is left
  // Settles the fate of the processes that the program has detached so far: with `spare` they are never ended,
  // otherwise they have ended when this returns.
  void SettleOrphans(bool spare);
  // Waits until Ended, but no longer than the kernel may need for a killed process.
  void AwaitEnd();

 private:
  GuardedProcess() = default;
  bool Take(bool wait, GuardReport* report);
  void OnGuardLost();
  void ReapGuard();

  UniqueFd channel_;
  UniqueFd out_, err_;
  pid_t guard_ = -1;
  pid_t pid_ = -1;
  std::string cgroup_;  // the program's own; empty: none
  int status_ = 0;
  bool ended_ = false;
};

}  // namespace orch

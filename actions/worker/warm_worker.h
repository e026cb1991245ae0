// The warm child processes behind a plugin: started on first use, kept for the next request, ended
// when idle, replaced when dead. Each does one exchange at a time, a JSON object a line both ways.
// Owned by its plugin. Thread-safe. While no process is alive it holds neither thread nor descriptor.
// Never sends a request twice once a worker may have read it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/core/action.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/mutex.h"
#include "base/process/process.h"
#include "base/process/worker_process.h"

namespace orch::actions {

class WarmWorker {
 public:
  static constexpr size_t kMaxProcesses = 16;     // of one plugin, whatever is asked for
  static constexpr size_t kMaxAnswer = 4u << 20;  // bytes of one answer
  static constexpr size_t kMaxErrorLines = 5;     // of a worker's standard error, in a message
  static constexpr size_t kMaxErrorBytes = 1000;
  static constexpr absl::Duration kEndGrace = absl::Milliseconds(200);  // to end by itself

  struct Options {
    std::string name;          // whose worker, in messages: "puppetral"
    ProcessSpec process;       // argv, env, bare_env, cwd and leaves count
    size_t max_processes = 4;  // requests beyond these wait
    absl::Duration idle = absl::Minutes(10);
    size_t max_answer = kMaxAnswer;
  };

  WarmWorker(Options options, const Clock* clock);
  // No exchange may be under way. Ends the processes.
  ~WarmWorker();
  WarmWorker(const WarmWorker&) = delete;
  WarmWorker& operator=(const WarmWorker&) = delete;

  // The worker's answer to one request; waits for a free process first. An answer that holds a
  // "requestid" must hold the request's. NotFound and PermissionDenied tell of the program. All other
  // errors end the process: DeadlineExceeded, Cancelled, ResourceExhausted (answer over max_answer),
  // FailedPrecondition (printed unasked), InvalidArgument (no JSON object, or not to this request),
  // Unavailable (it ended). The message says whose worker, and the last it wrote to standard error.
  absl::StatusOr<Json> Ask(const Json& request, absl::Duration timeout, const CancelToken* cancel);

  // Ask, for workers whose answer is {"statuscode": 0, "statusmsg": "OK", "data": {…}}.
  Reply Call(const Json& request, const Context& context);

  size_t processes() const;  // alive, busy ones included
  size_t threads() const;    // 1 while something may have to be ended, else 0

 private:
  using Process = std::unique_ptr<WorkerProcess>;
  using Check = absl::Status (*)(const Json& request, const Json& answer);
  struct Idle {
    Process process;
    absl::Duration since;  // Clock::Steady
  };

  // A place among max_processes, and a process when an idle one lives; else nullptr: start one.
  absl::StatusOr<Process> Take(absl::Duration deadline, const CancelToken* cancel);
  // nullptr: it is dead, its place is free again.
  void GiveBack(Process process);
  absl::StatusOr<Json> Exchange(const Json& request, absl::Duration timeout, const CancelToken* cancel, Check check);
  absl::StatusOr<Json> ReadAnswer(const Json& request, const std::string& line, Check check) const;
  absl::Status Explain(const absl::Status& status, absl::string_view error_tail) const;
  void StartReaperLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Reap();
  // Those idle for too long, removed; the rest stay in order.
  std::vector<Process> TakeExpiredLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Options options_;
  const Clock* const clock_;

  mutable Mutex mu_;
  CondVar free_;                                 // a place or a process is
  CondVar reap_;                                 // nothing is left, or all is to end
  std::vector<Idle> idle_ ABSL_GUARDED_BY(mu_);  // the last used at the back, taken first
  size_t alive_ ABSL_GUARDED_BY(mu_) = 0;        // idle, busy and being started
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool reaping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread reaper_;  // joined before another starts; only StartReaperLocked and the destructor touch it
};

// Kind and message for what Ask returned: timeout, cancelled, output-limit, protocol, crash. Not for OK.
Reply ReplyForWorker(const absl::Status& status);

}  // namespace orch::actions

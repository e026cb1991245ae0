// The warm child processes of a plugin: started on first use, kept for the next request, ended when idle, replaced when
// dead. Each process answers one request at a time; requests and answers are JSON objects, one a line. Its plugin owns
// it. Thread-safe. It uses neither a thread nor a descriptor while no process lives, and never repeats a request that a
// worker may have read.
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
#include "base/process/cancel_token.h"
#include "base/process/process_spec.h"
#include "base/process/worker_process.h"

namespace orch::actions {

class WarmWorker {
 public:
  static constexpr size_t kMaxProcesses = 16;     // of one plugin, whatever its settings are
  static constexpr size_t kMaxAnswer = 4u << 20;  // bytes of one answer
  static constexpr size_t kMaxErrorLines = 5;     // of standard error in a message
  static constexpr size_t kMaxErrorBytes = 1000;
  static constexpr absl::Duration kEndGrace = absl::Milliseconds(200);  // for a process to end by itself

  struct Options {
    std::string name;          // of the worker in messages: "puppetral"
    ProcessSpec process;       // only argv, env, bare_env, cwd and leaves are used
    size_t max_processes = 4;  // further requests wait
    absl::Duration idle = absl::Minutes(10);
    size_t max_answer = kMaxAnswer;
  };

  WarmWorker(Options options, const Clock* clock);
  // Ends the processes. No call may be running.
  ~WarmWorker();
  WarmWorker(const WarmWorker&) = delete;
  WarmWorker& operator=(const WarmWorker&) = delete;

  // Waits for a free process and returns its answer to one request. An answer with a "requestid" must have that of the
  // request. NotFound and PermissionDenied concern the program. All other errors end the process: DeadlineExceeded,
  // Cancelled, ResourceExhausted (the answer exceeds max_answer), FailedPrecondition (it printed without a request),
  // InvalidArgument (no JSON object, or an answer to another request), Unavailable (it ended). The message has the name
  // of the worker and its latest standard error.
  absl::StatusOr<Json> Ask(const Json& request, absl::Duration timeout, const CancelToken* cancel);

  // Same as Ask, for workers whose answers have the form {"statuscode": 0, "statusmsg": "OK", "data": {…}}.
  Reply Call(const Json& request, const Context& context);

  size_t processes() const;  // living ones, idle and busy
  size_t threads() const;    // 1 while a process lives, else 0

 private:
  using Process = std::unique_ptr<WorkerProcess>;
  using Check = absl::Status (*)(const Json& request, const Json& answer);
  struct Idle {
    Process process;
    absl::Duration since;  // Clock::Steady
  };

  // Takes a place among max_processes. Returns an idle process, or nullptr if the caller must start one.
  absl::StatusOr<Process> Take(absl::Duration deadline, const CancelToken* cancel);
  // Frees the place. `process` is null if it is dead.
  void GiveBack(Process process);
  absl::StatusOr<Json> Exchange(const Json& request, absl::Duration timeout, const CancelToken* cancel, Check check);
  absl::StatusOr<Json> ReadAnswer(const Json& request, const std::string& line, Check check) const;
  absl::Status Explain(const absl::Status& status, absl::string_view error_tail) const;
  void StartReaperLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Reap();
  // Removes and returns the processes that were idle for too long; the rest keep their order.
  std::vector<Process> TakeExpiredLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const Options options_;
  const Clock* const clock_;

  mutable Mutex mu_;
  CondVar free_;                                 // a place or a process has become free
  CondVar reap_;                                 // no process is left, or all must end
  std::vector<Idle> idle_ ABSL_GUARDED_BY(mu_);  // the last used one is at the back and taken first
  size_t alive_ ABSL_GUARDED_BY(mu_) = 0;        // idle, busy and starting
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  bool reaping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread reaper_;  // joined before another starts; used only by StartReaperLocked and the destructor
};

// The reply for an error of Ask, with one of the kinds timeout, cancelled, output-limit, protocol, crash. Not for OK.
Reply ReplyForWorker(const absl::Status& status);

}  // namespace orch::actions

// What running actions print, on its way to the hub: cut into chunks, held for a moment when the hub is
// slow or away, and left out, with the gap counted, when that is too much. Never stalls an action. A chunk
// ends inside a character of UTF-8 only where its stream does, or stays silent in the middle of one; what a
// gap leaves of a character is part of the gap. Owned by CommandGate.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "base/mutex.h"
#include "base/process/process_spec.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/runner/output_pipe.h"

namespace orch::nodeagent {

class OutputRelay {
 public:
  static constexpr size_t kMaxChunkBytes = 32u << 10;
  static constexpr size_t kMaxStreamBytes = 128u << 10;  // held of one stream of one task
  static constexpr size_t kMaxBytes = 4u << 20;          // held in all
  static constexpr size_t kBurstBytes = 512u << 10;      // given to the network at a time
  static constexpr absl::Duration kPause = absl::Milliseconds(50);
  static constexpr absl::Duration kSilence = absl::Milliseconds(250);  // once to twice that, then half a character goes

  using Send = std::function<void(const std::string& job_id, v1::OutputChunk chunk)>;  // any thread

  OutputRelay(Executor* executor, Send send) : executor_(executor), send_(std::move(send)) {}

  // Sets whether output may be sent now; initially it may not. End sends what is left in any case. On the loop.
  void SetAllowed(bool allowed);

  // All on any thread; none blocks for longer than signing a chunk takes.
  // `taken_over`: an earlier agent sent what the task printed so far; what comes first is no gap.
  void Begin(const std::string& job_id, bool taken_over = false);
  // A piece that follows on the one before it. Of a task that was not begun: does nothing.
  void Add(const std::string& job_id, ProcessStream stream, absl::string_view piece);
  // `offset`: of the piece in its stream; a jump is a gap.
  void AddAt(const std::string& job_id, ProcessStream stream, uint64_t offset, absl::string_view piece);
  // Before the task's final update is sent: sends what is held of it, says what is missing at its end,
  // and takes nothing of it any more. Returns how far each stream went; 0 of a task that was not begun.
  Printed End(const std::string& job_id);

  size_t held() const;

 private:
  struct Stream {
    uint64_t sent = 0;     // offset up to which chunks were sent
    uint64_t start = 0;    // offset of `bytes`
    uint64_t printed = 0;  // offset up to which is known of
    std::string bytes;
    bool any = false;
    uint64_t silent_since = 0;      // `printed` when half a character was last seen to wait
    bool gives_up_waiting = false;  // for the rest of a character
  };
  struct Task {
    bool taken_over = false;
    std::array<Stream, 2> streams;  // stdout, stderr
  };

  void AddLocked(Task* task, Stream* stream, uint64_t offset, absl::string_view piece)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ScheduleLocked(absl::Duration delay) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ScheduleLookLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void LookForSilence();
  bool HasReadyLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // What may be sent of it now.
  static size_t Ready(const Stream& stream);
  void Pump();
  bool TakeChunk(std::string* job_id, v1::OutputChunk* chunk);
  v1::OutputChunk CutLocked(size_t index, size_t size, Stream* stream) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  Executor* const executor_;
  const Send send_;
  Lifetime lifetime_;
  // Held from cutting a chunk until it is sent, which keeps the chunks in order. The one lock of the agent that is no
  // leaf: it is acquired before mu_, before the lock of UpdateSealer and before that of the loop's queue.
  Mutex send_mu_ ABSL_ACQUIRED_BEFORE(mu_);
  mutable Mutex mu_;
  std::map<std::string, Task> tasks_ ABSL_GUARDED_BY(mu_);
  size_t held_ ABSL_GUARDED_BY(mu_) = 0;
  bool allowed_ ABSL_GUARDED_BY(mu_) = false;
  bool scheduled_ ABSL_GUARDED_BY(mu_) = false;
  bool look_scheduled_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace orch::nodeagent

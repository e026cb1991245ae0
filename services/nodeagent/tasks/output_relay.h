// Relays what running actions print to the hub. Output is cut into chunks, held for a moment while the hub is slow or
// away, and left out beyond the limits, with the gap counted. Never stalls an action. A chunk ends inside a UTF-8
// character only if the stream ends there or pauses in the middle of the character; the bytes of a character that a gap
// has cut belong to the gap. Owned by CommandGate; thread-safe.
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
  static constexpr size_t kMaxStreamBytes = 128u << 10;  // held for one stream of one task
  static constexpr size_t kMaxBytes = 4u << 20;          // held in all
  static constexpr size_t kBurstBytes = 512u << 10;      // sent at a time
  static constexpr absl::Duration kPause = absl::Milliseconds(50);
  static constexpr absl::Duration kSilence =
      absl::Milliseconds(250);  // after one to two of these, half a character is sent

  using Send = std::function<void(const std::string& attempt_id, v1::OutputChunk chunk)>;  // any thread

  OutputRelay(Executor* executor, Send send) : executor_(executor), send_(std::move(send)) {}

  // Sets whether output may be sent now; initially it may not. End sends what is left in any case. On the loop.
  void SetAllowed(bool allowed);

  // The following may be called on any thread; none blocks for longer than it takes to sign a chunk.
  // `taken_over` says that a previous agent process sent what the task printed before, so that the first piece is no
  // gap.
  void Begin(const std::string& attempt_id, bool taken_over = false);
  // Adds a piece that follows the one before. Does nothing for a task that was not begun.
  void Add(const std::string& attempt_id, ProcessStream stream, absl::string_view piece);
  // `offset` is the place of the piece in its stream; a jump is a gap.
  void AddAt(const std::string& attempt_id, ProcessStream stream, uint64_t offset, absl::string_view piece);
  // Sends what is held for the task, reports a gap at its end, and ignores the task from now on. Call before the task's
  // final update is sent. Returns how many bytes each stream printed; 0 for a task that was not begun.
  Printed End(const std::string& attempt_id);

  size_t held() const;

 private:
  struct Stream {
    uint64_t sent = 0;     // offset up to which chunks were sent
    uint64_t start = 0;    // offset of `bytes`
    uint64_t printed = 0;  // offset up to which output is known
    std::string bytes;
    bool any = false;
    uint64_t silent_since = 0;      // `printed` when half a character was last found waiting
    bool gives_up_waiting = false;  // does not wait for the rest of a character any longer
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
  // Returns how many bytes of the stream may be sent now.
  static size_t Ready(const Stream& stream);
  void Pump();
  bool TakeChunk(std::string* attempt_id, v1::OutputChunk* chunk);
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

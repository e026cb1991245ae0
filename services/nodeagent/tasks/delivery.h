// Delivers the outcome of every durable task to the hub: writes it to the journal, then sends it, and after each
// registration sends it again, in order and paced, until the hub acknowledges. Also answers queries about what became
// of an attempt. Owned by CommandGate. Holds no lock.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "base/executor.h"
#include "base/lifetime.h"
#include "orch/v1/node_service.pb.h"
#include "services/nodeagent/tasks/journal.h"
#include "services/nodeagent/tasks/task_runner.h"

namespace orch::nodeagent {

class Delivery {
 public:
  // Bounds of one batch of outcomes that are sent again, and the pause between two batches.
  static constexpr size_t kResendMessages = 64;
  static constexpr size_t kResendBytes = 1u << 20;
  static constexpr absl::Duration kResendPause = absl::Milliseconds(100);

  using Send = std::function<void(const std::string& attempt_id, v1::TaskUpdate update)>;  // any thread

  // If `journal` is null, nothing is durable.
  Delivery(Journal* journal, Executor* executor, Send send);

  // Sends an update of a task; writes a durable and final one to the journal before. Any thread.
  void Report(const std::string& attempt_id, v1::TaskUpdate update, bool durable);

  // The rest is called on the loop.
  void OnAcknowledged(const std::string& attempt_id);
  void OnRegistered();
  void OnDetached() { resend_.clear(); }
  // Answers QUERY. `where` is what the runner knows; `seen` says that the gate accepted the attempt.
  void Answer(const std::string& attempt_id, TaskRunner::Where where, bool seen);

 private:
  void ResendSome();
  bool SendKept(const std::string& attempt_id, size_t* bytes);

  Journal* const journal_;
  Executor* const executor_;
  const Send send_;
  Lifetime lifetime_;
  std::deque<std::string> resend_;
  bool resending_ = false;  // a batch is scheduled
};

}  // namespace orch::nodeagent

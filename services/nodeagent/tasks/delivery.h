// Sees to it that the hub learns how every durable task ended: journal first, then send; again, in
// order and paced, whenever the hub has registered this node; until the hub acknowledges. Also answers
// what became of a job. Owned by CommandGate.
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
  // One portion of outcomes that are sent again, and the pause between two.
  static constexpr size_t kResendMessages = 64;
  static constexpr size_t kResendBytes = 1u << 20;
  static constexpr absl::Duration kResendPause = absl::Milliseconds(100);

  using Send = std::function<void(const std::string& job_id, v1::TaskUpdate update)>;  // any thread

  // `journal` may be null: then nothing is durable.
  Delivery(Journal* journal, Executor* executor, Send send);

  // Any thread. An update of a task; one that is durable and final is journalled before it is sent.
  void Report(const std::string& job_id, v1::TaskUpdate update, bool durable);

  // The rest: on the loop.
  void OnAcknowledged(const std::string& job_id);
  void OnRegistered();
  void OnDetached() { resend_.clear(); }
  // Answers QUERY. `where`: what the runner says; `seen`: a job that was taken on without a journal.
  void Answer(const std::string& job_id, TaskRunner::Where where, bool seen);

 private:
  void ResendSome();
  bool SendKept(const std::string& job_id, size_t* bytes);

  Journal* const journal_;
  Executor* const executor_;
  const Send send_;
  Lifetime lifetime_;
  std::deque<std::string> resend_;
  bool resending_ = false;  // a portion is scheduled
};

}  // namespace orch::nodeagent

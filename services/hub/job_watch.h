// One client's view of one job: what happens is gathered into few messages (64 KiB, 2 ms, or the
// end, whichever is first). A client that does not keep up is cut off with RESOURCE_EXHAUSTED
// while the job goes on. On the hub's loop; owned by the job.
#pragma once

#include <memory>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/executor.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/response_sink.h"

namespace orch::hub {

inline constexpr size_t kFlushBytes = 64u << 10;
inline constexpr absl::Duration kFlushAfter = absl::Milliseconds(2);
inline constexpr size_t kMaxFilterFailureBytes = 1u << 10;  // of what a node says

class JobWatch {
 public:
  using Sink = ResponseSink<v1::InvokeResponse>;

  JobWatch(Executor* executor, std::shared_ptr<Sink> sink) : executor_(executor), sink_(std::move(sink)) {}
  ~JobWatch();
  JobWatch(const JobWatch&) = delete;
  JobWatch& operator=(const JobWatch&) = delete;

  // Sent at once.
  void Accepted(v1::JobAccepted accepted);
  void AddReply(v1::Reply reply);
  // `failure`: the data function of the filter that failed on the node, or empty.
  void AddFiltered(absl::string_view identity, absl::string_view failure);
  void AddProgress(v1::TaskProgress progress);
  // Everything gathered, the summary, and the end of the call.
  void Finish(const v1::JobSummary& summary);

 private:
  // Makes room for one more of so many bytes.
  void MakeRoom(size_t bytes);
  void FlushSoon();
  void Flush();

  Executor* const executor_;
  std::shared_ptr<Sink> sink_;  // null once the client is gone or cut off
  v1::InvokeResponse gathered_;
  size_t gathered_bytes_ = 0;
  TimerId flush_timer_ = 0;
};

}  // namespace orch::hub

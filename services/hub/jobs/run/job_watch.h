// One client's view of one job. Events are gathered into few messages: one is sent at 64 KiB, after 2 ms, or at the end
// of the job, whichever comes first. A client that does not keep up is cut off with RESOURCE_EXHAUSTED while the job
// goes on; live output is left out before that. On the hub's loop; owned by the job's feed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/executor.h"
#include "orch/v1/orchestrator_service.pb.h"
#include "services/hub/door/response_sink.h"

namespace orch::hub {

inline constexpr size_t kFlushBytes = 64u << 10;
inline constexpr absl::Duration kFlushAfter = absl::Milliseconds(2);
inline constexpr size_t kMaxChunkBytes = 32u << 10;         // of one piece of live output
inline constexpr size_t kMaxFilterFailureBytes = 1u << 10;  // longest reason that is kept of a filter that failed

class JobWatch {
 public:
  using Sink = ResponseSink<v1::InvokeResponse>;

  // `store_id` goes into the cursors; it is empty for a job that is not recorded, which has no cursors. The client has
  // already seen the replies up to number `seen`.
  JobWatch(Executor* executor, std::shared_ptr<Sink> sink, std::string store_id = "", uint64_t seen = 0)
      : executor_(executor), store_id_(std::move(store_id)), sink_(std::move(sink)), seen_(seen) {}
  ~JobWatch();
  JobWatch(const JobWatch&) = delete;
  JobWatch& operator=(const JobWatch&) = delete;

  // Sends the acceptance at once.
  void Accepted(v1::JobAccepted accepted);
  // `number`: the number the store gave the reply; 0 for a job that is not recorded. A reply that the client has seen
  // is left out.
  void AddReply(uint64_t number, v1::Reply reply);
  // `failure`: the data function of the filter that failed on the node; empty when none failed.
  void AddFiltered(absl::string_view identity, absl::string_view failure);
  // `count` nodes declined before this client came.
  void AddFewer(uint32_t count);
  void AddProgress(const v1::TaskProgress& progress);
  void AddOutput(const v1::OutputChunk& chunk);
  void AddState(v1::JobState state, absl::string_view note);
  // Sends what was gathered and the summary, and ends the call.
  void Finish(const v1::JobSummary& summary);
  void End(const absl::Status& status);
  // False once the client has gone or was cut off.
  bool open() const { return sink_ != nullptr; }

 private:
  // Flushes first if another item of `bytes` would make the message too large.
  void MakeRoom(size_t bytes);
  void FlushSoon();
  void Flush();

  Executor* const executor_;
  const std::string store_id_;
  std::shared_ptr<Sink> sink_;  // null once the client is gone or cut off
  uint64_t seen_;
  v1::InvokeResponse gathered_;
  size_t gathered_bytes_ = 0;
  struct LeftOut {
    uint32_t attempt = 0;
    uint64_t bytes = 0;
  };
  std::map<std::pair<std::string, int>, LeftOut> left_out_;  // bytes of live output, by node and stream
  TimerId flush_timer_ = 0;
};

// "STORE:NUMBER": the client has seen all replies up to that number.
std::string MakeCursor(absl::string_view store_id, uint64_t number);
// An empty cursor gives 0. InvalidArgument for a text that is no cursor, FailedPrecondition for a cursor of another
// store.
absl::Status ParseCursor(absl::string_view cursor, absl::string_view store_id, uint64_t* number);

}  // namespace orch::hub

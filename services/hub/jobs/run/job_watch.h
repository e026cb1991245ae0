// One client's view of one job: what happens is gathered into few messages (64 KiB, 2 ms, or the
// end, whichever is first). A client that does not keep up is cut off with RESOURCE_EXHAUSTED
// while the job goes on; of live output it only gets less. On the hub's loop; owned by the job.
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
inline constexpr size_t kMaxChunkBytes = 32u << 10;         // of live output
inline constexpr size_t kMaxFilterFailureBytes = 1u << 10;  // of what a node says

class JobWatch {
 public:
  using Sink = ResponseSink<v1::InvokeResponse>;

  // `store_id`: for cursors; empty: the job is not kept, there are none. Replies up to `seen` the
  // client has already.
  JobWatch(Executor* executor, std::shared_ptr<Sink> sink, std::string store_id = "", uint64_t seen = 0)
      : executor_(executor), store_id_(std::move(store_id)), sink_(std::move(sink)), seen_(seen) {}
  ~JobWatch();
  JobWatch(const JobWatch&) = delete;
  JobWatch& operator=(const JobWatch&) = delete;

  // Sent at once.
  void Accepted(v1::JobAccepted accepted);
  // `number`: the store's, 0 for a job that is not kept. One that was seen is left out.
  void AddReply(uint64_t number, const v1::Reply& reply);
  // `failure`: the data function of the filter that failed on the node, or empty.
  void AddFiltered(absl::string_view identity, absl::string_view failure);
  // So many nodes had said before this client came that they are no targets.
  void AddFewer(uint32_t count);
  void AddProgress(const v1::TaskProgress& progress);
  void AddOutput(const v1::OutputChunk& chunk);
  void AddState(v1::JobState state, absl::string_view note);
  // Everything gathered, the summary, and the end of the call.
  void Finish(const v1::JobSummary& summary);
  void End(const absl::Status& status);
  // False once the client is gone or was cut off.
  bool open() const { return sink_ != nullptr; }

 private:
  // Makes room for one more of so many bytes.
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
  std::map<std::pair<std::string, int>, LeftOut> left_out_;  // of live output, by node and stream
  TimerId flush_timer_ = 0;
};

// "STORE:NUMBER": all replies up to that number were seen.
std::string MakeCursor(absl::string_view store_id, uint64_t number);
// Empty: 0. InvalidArgument for what is no cursor, FailedPrecondition for one of another hub's store.
absl::Status ParseCursor(absl::string_view cursor, absl::string_view store_id, uint64_t* number);

}  // namespace orch::hub

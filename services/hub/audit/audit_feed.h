// Sends the records of the audit log to clients: each call is a feed, which reads a piece of the log on the work pool
// whenever the client's queue has room, so that the log itself is the queue. Owned by the hub; used on its loop. A
// client that does not read for kSlowClient is cut.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "auth/audit/audit_filter.h"
#include "auth/audit/audit_log.h"
#include "base/clock.h"
#include "base/executor.h"
#include "orch/v1/access_service.pb.h"
#include "services/hub/audit/node_heads.h"
#include "services/hub/door/response_sink.h"
#include "services/hub/nodes/work_pool.h"

namespace orch::hub {

// The filter that a request asks for. InvalidArgument names the field.
absl::StatusOr<auth::AuditFilter> FilterOf(const v1::ReadAuditRequest& request);

class AuditFeeds {
 public:
  using Sink = ResponseSink<v1::ReadAuditResponse>;
  static constexpr size_t kMaxFeeds = 32;               // at once
  static constexpr size_t kMaxPieceBytes = 256u << 10;  // of one response, about
  static constexpr int kMaxPieceLines = 20'000;         // read for one response
  static constexpr absl::Duration kFollowEvery = absl::Milliseconds(500);
  static constexpr absl::Duration kSlowClient = absl::Seconds(60);

  // `log` may be null: then every call is answered with FailedPrecondition.
  AuditFeeds(auth::AuditLog* log, const NodeHeads* heads, WorkPool* pool, const Clock* clock, Executor* loop)
      : log_(log), heads_(heads), pool_(pool), clock_(clock), loop_(loop) {}

  // Begins a feed; the sink's on_drained is the feed's. The sink is ended when the feed is over.
  void Read(const v1::ReadAuditRequest& request, const std::string& caller, std::shared_ptr<Sink> sink);
  // Checks the chain on the work pool, one check at a time. `response` must live until `done`, which is called on the
  // loop.
  void Verify(const std::string& caller, v1::VerifyAuditResponse* response, std::function<void(absl::Status)> done);

 private:
  struct Feed;

  absl::Status CheckHasLog() const;
  void Step(const std::shared_ptr<Feed>& feed);       // on the loop
  void OnPiece(const std::shared_ptr<Feed>& feed);    // on the loop
  void Retry(const std::shared_ptr<Feed>& feed);      // on the loop
  void WatchSlow(const std::shared_ptr<Feed>& feed);  // on the loop

  auth::AuditLog* const log_;
  const NodeHeads* const heads_;
  WorkPool* const pool_;
  const Clock* const clock_;
  Executor* const loop_;
  bool verifying_ = false;
  std::shared_ptr<std::atomic<int>> open_ = std::make_shared<std::atomic<int>>(0);  // counts feeds; held by each
};

}  // namespace orch::hub

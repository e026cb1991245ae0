// One job as its messages come: counts, turns replies into answers, tells the view. Survives the
// stream: after a break the next stream's messages are given to the same object, and what was shown
// already is not shown again. One thread.
#pragma once

#include <set>
#include <string>

#include "absl/time/time.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_view.h"
#include "cli/jobs/live_output.h"
#include "cli/session/context.h"
#include "orch/v1/orchestrator_service.pb.h"

namespace orch::cli {

class JobRun {
 public:
  // All must outlive it.
  JobRun(Context* context, const v1::JobSpec& spec, bool named, JobView* view);

  // False: enough was seen.
  bool OnMessage(const v1::InvokeResponse& message, const HubClient::SetDeadline& set_deadline);
  const JobEnd& Finish(StreamEnd stream);

  bool accepted() const { return end_.accepted; }
  bool durable() const { return end_.start.durable; }
  bool ended() const { return ended_; }          // the summary came
  size_t messages() const { return messages_; }  // of all streams
  const std::string& job_id() const { return end_.start.job_id; }
  // A job that was there before: its times are what the hub says, not how long it was looked at.
  void set_job_id(const std::string& job_id) {
    end_.start.job_id = job_id;
    watching_ = true;
  }
  const std::string& cursor() const { return cursor_; }
  const v1::JobSpec& spec() const { return spec_; }

 private:
  void Accept(const v1::JobAccepted& accepted);
  void SetOffline(const v1::JobAccepted& accepted);
  // A message holds progress and replies of some time, each in its order: a reply is told after what is
  // said of its own task, and before another is sent because of it.
  bool CountAll(const v1::InvokeResponse& message);
  bool Count(const v1::Reply& reply);
  // The job waits for somebody's word after its canary, and there is somebody to ask.
  bool AfterCanary(const v1::InvokeResponse& message) const;
  void SetState(const v1::InvokeResponse& message);
  // How long this job may take from now, as far as the client can know.
  absl::Duration Longest() const;

  Context* const context_;
  const Clock& clock_;
  const v1::JobSpec& spec_;
  JobView* const view_;
  const absl::Duration sent_;
  absl::Duration accepted_at_;
  absl::Duration task_;  // at most, for one node
  bool paused_ = false;
  bool ended_ = false;
  bool watching_ = false;
  absl::Duration elapsed_;  // as the summary says
  size_t messages_ = 0;
  std::string cursor_;
  std::set<std::string> settled_;  // identities whose outcome was shown
  LiveOutput live_;
  JobEnd end_;
};

}  // namespace orch::cli

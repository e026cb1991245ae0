// One job on the client: takes the hub's messages, converts replies to answers, counts them, and
// calls the view. RunJob and WatchJob own it and call it from their thread. It outlives a stream:
// after a break it takes the messages of the next one, and shows nothing twice. It never sends
// anything except the answer to the canary question.
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
  // All arguments must outlive this object.
  JobRun(Context* context, const v1::JobSpec& spec, bool named, JobView* view);

  // Returns false if the stream is not needed any more.
  bool OnMessage(const v1::InvokeResponse& message, const HubClient::SetDeadline& set_deadline);
  // Completes the counts when the last stream has ended.
  const JobEnd& Finish(StreamEnd stream);

  bool accepted() const { return end_.accepted; }
  bool durable() const { return end_.start.durable; }
  bool ended() const { return ended_; }          // whether the summary has come
  size_t messages() const { return messages_; }  // of all streams
  const std::string& job_id() const { return end_.start.job_id; }
  // Declares that the job existed before: its times are those of the hub, not those of this client.
  void set_job_id(const std::string& job_id) {
    end_.start.job_id = job_id;
    watching_ = true;
  }
  const std::string& cursor() const { return cursor_; }
  const v1::JobSpec& spec() const { return spec_; }

 private:
  void Accept(const v1::JobAccepted& accepted);
  void SetOffline(const v1::JobAccepted& accepted);
  // Calls the view for progress and replies of one message. Each list is in order, so a reply
  // follows the progress of its own task and precedes the progress of tasks that were released
  // because of it.
  bool CountAll(const v1::InvokeResponse& message);
  bool Count(const v1::Reply& reply);
  // Whether the job waits for a decision after its canary and a person can be asked.
  bool AfterCanary(const v1::InvokeResponse& message) const;
  void SetState(const v1::InvokeResponse& message);
  // Returns how long this job may take from now on, by what the client knows.
  absl::Duration Longest() const;

  Context* const context_;
  const Clock& clock_;
  const v1::JobSpec& spec_;
  JobView* const view_;
  const absl::Duration sent_;
  absl::Duration accepted_at_;
  absl::Duration task_;  // longest time for one node
  bool paused_ = false;
  bool ended_ = false;
  bool watching_ = false;
  absl::Duration elapsed_;  // from the summary
  size_t messages_ = 0;
  std::string cursor_;
  std::set<std::string> settled_;  // identities whose outcome has been shown
  LiveOutput live_;
  JobEnd end_;
};

}  // namespace orch::cli

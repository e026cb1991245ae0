// Jobs that wait for the approval of others: who may grant, who has, and until when. What is approved is the job
// itself, whose targets and inputs are fixed; its digest is shown to those who decide, and their decision names it.
// Kept in the record store, so that a restarted hub waits on. Owned by the hub; its loop only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "orch/v1/access_service.pb.h"
#include "services/hub/access/access_control.h"
#include "services/hub/access/asker.h"
#include "services/hub/job_store/record_store.h"

namespace orch::hub {

class Approvals {
 public:
  static constexpr size_t kMaxWaiting = 1000;
  static constexpr size_t kMaxDecided = 1000;  // the latest ones are kept
  static constexpr size_t kMaxReasonBytes = 1u << 10;
  static constexpr int kMaxNamed = 20;  // identities in a list
  static constexpr char kRecordKind[] = "approval";

  // The jobs, as far as approvals steer them. Called on the loop.
  struct Jobs {
    std::function<void(const std::string& job_id)> approve;
    std::function<void(const std::string& job_id, const std::string& why)> refuse;
    std::function<bool(const std::string& job_id)> awaits_approval;
    std::function<std::vector<std::string>(const std::string& job_id)> targets;  // empty when the job is over
    std::function<void(const std::string& job_id)> wanted;                       // tells those who watch events
  };

  Approvals(RecordStore* store, const AccessControl* access, const Clock* clock, Jobs jobs)
      : store_(store), access_(access), clock_(clock), jobs_(std::move(jobs)) {}

  // Reads what was stored, and brings jobs and approvals together: a granted job goes on, a job without a stored
  // approval ends. Called once, after the jobs were recovered; blocks.
  absl::Status Load(const std::vector<std::string>& awaiting_jobs);

  // Begins to wait. Call it before the job is stored, so that no stored job lacks its approval. ResourceExhausted at
  // kMaxWaiting.
  absl::Status Open(v1::Approval approval);
  // The job is accepted: those who watch events are told.
  void OnAccepted(const std::string& job_id) const { jobs_.wanted(job_id); }
  // The job has ended or was never accepted.
  void Withdraw(const std::string& job_id);

  // Those that the caller may decide, or has asked for; administrators and those who see every node get all.
  absl::Status List(const auth::Caller& caller, const v1::ListApprovalsRequest& request,
                    v1::ListApprovalsResponse* response) const;
  // `done` gets the approval as it is afterwards, once it is stored.
  using DecideDone = std::function<void(absl::StatusOr<v1::Approval>)>;
  void Decide(const auth::Caller& caller, const v1::DecideApprovalRequest& request, DecideDone done);
  // Ends those whose time is over. Called from a timer.
  void Tick();

  size_t waiting() const { return waiting_; }

 private:
  absl::StatusOr<v1::Approval*> Find(absl::string_view job_id);
  bool MayDecide(const auth::Caller& caller, const v1::Approval& approval) const;
  absl::Status CheckVote(const auth::Caller& caller, const v1::DecideApprovalRequest& request,
                         const v1::Approval& approval) const;
  void Store(const v1::Approval& approval, RecordStore::Done done);
  // The approval is decided: the job goes on or ends.
  void Conclude(v1::Approval* approval, v1::Approval::State state, const std::string& why);
  void ForgetOldest();
  v1::Approval Show(const v1::Approval& approval, bool all_targets) const;

  RecordStore* const store_;
  const AccessControl* const access_;
  const Clock* const clock_;
  const Jobs jobs_;
  std::map<std::string, v1::Approval> approvals_;  // by job
  size_t waiting_ = 0;
};

// SHA-256, as hex, over everything that is approved: the job, who asks, action, inputs, targets and the end of the
// wait.
std::string ApprovalDigest(const v1::Approval& approval, absl::string_view inputs_json,
                           const std::vector<std::string>& targets);

}  // namespace orch::hub

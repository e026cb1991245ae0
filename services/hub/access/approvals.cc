#include "services/hub/access/approvals.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth/access/caller_pattern.h"
#include "base/digest.h"
#include "base/log.h"

namespace orch::hub {
namespace {

constexpr size_t kMinJobIdDigits = 8;
constexpr absl::string_view kGroupWord = "group=";

void AddPart(absl::string_view part, std::string* text) { absl::StrAppend(text, part.size(), ":", part); }

bool HasVoted(const v1::Approval& approval, const std::string& caller) {
  return std::any_of(approval.votes().begin(), approval.votes().end(),
                     [&caller](const v1::Approval::Vote& vote) { return vote.caller() == caller; });
}

std::string Deciders(const v1::Approval& approval) {
  std::string names;
  for (const v1::Approval::Vote& vote : approval.votes()) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", vote.caller());
    if (!vote.reason().empty()) absl::StrAppend(&names, " (", vote.reason(), ")");
  }
  return names;
}

Json DetailsOf(const v1::Approval& approval) {
  return Json{{"job", approval.job_id()},        {"plugin", approval.plugin()},   {"action", approval.action()},
              {"targets", approval.targets()},   {"asked_by", approval.caller()}, {"digest", approval.digest()},
              {"grants", approval.votes_size()}, {"needed", approval.needed()}};
}

}  // namespace

std::string ApprovalDigest(const v1::Approval& approval, absl::string_view inputs_json,
                           const std::vector<std::string>& targets) {
  std::string text = "orch-approval-v1";
  AddPart(approval.job_id(), &text);
  AddPart(approval.caller(), &text);
  AddPart(approval.plugin(), &text);
  AddPart(approval.action(), &text);
  AddPart(inputs_json, &text);
  AddPart(absl::StrCat(approval.expires_us()), &text);
  std::vector<std::string> sorted = targets;
  std::sort(sorted.begin(), sorted.end());
  for (const std::string& target : sorted) AddPart(target, &text);
  return absl::BytesToHexString(Sha256(text));
}

absl::Status Approvals::Load(const std::vector<std::string>& awaiting_jobs) {
  const absl::Status loaded = store_->Load(kRecordKind, [this](const std::string& id, const std::string& bytes) {
    v1::Approval approval;
    if (approval.ParseFromString(bytes) && approval.job_id() == id) approvals_[id] = std::move(approval);
  });
  if (!loaded.ok()) return loaded;
  for (auto& [id, approval] : approvals_) {
    const bool awaited = jobs_.awaits_approval(id);
    if (approval.state() == v1::Approval::GRANTED && awaited) jobs_.approve(id);
    if (approval.state() == v1::Approval::DENIED && awaited) jobs_.refuse(id, "the approval was denied");
    if (approval.state() != v1::Approval::WAITING) continue;
    ++waiting_;
    if (!awaited) Conclude(&approval, v1::Approval::WITHDRAWN, "the job does not exist any more");
  }
  for (const std::string& id : awaiting_jobs) {
    if (!approvals_.contains(id))
      jobs_.refuse(id, "the hub was restarted before it had stored who may approve the job");
  }
  return absl::OkStatus();
}

absl::Status Approvals::Open(v1::Approval approval) {
  if (waiting_ >= kMaxWaiting) {
    return absl::ResourceExhaustedError(
        absl::StrCat(waiting_, " jobs wait for approval, the limit; decide or cancel some (orchctl approval list)"));
  }
  ++waiting_;
  Store(approval, nullptr);
  access_->Record({"approval.wanted", "changed", approval.caller(), "", DetailsOf(approval)}).IgnoreError();
  const std::string id = approval.job_id();
  approvals_[id] = std::move(approval);
  return absl::OkStatus();
}

void Approvals::Store(const v1::Approval& approval, RecordStore::Done done) {
  RecordChange change;
  change.puts.push_back({{kRecordKind, approval.job_id()}, approval.SerializeAsString()});
  store_->Apply(std::move(change), std::move(done));
}

void Approvals::Withdraw(const std::string& job_id) {
  const auto found = approvals_.find(job_id);
  if (found == approvals_.end() || found->second.state() != v1::Approval::WAITING) return;
  Conclude(&found->second, v1::Approval::WITHDRAWN, "the job is over");
}

void Approvals::Conclude(v1::Approval* approval, v1::Approval::State state, const std::string& why) {
  approval->set_state(state);
  --waiting_;
  const bool granted = state == v1::Approval::GRANTED;
  access_
      ->Record({"approval.end", granted ? "allowed" : "denied", approval->caller(),
                granted ? absl::StrCat("granted by ", Deciders(*approval)) : why, DetailsOf(*approval)})
      .IgnoreError();
  const std::string id = approval->job_id();
  Store(*approval, [id](const absl::Status& status) {
    if (!status.ok()) LogError("approval not stored", {{"job", id}, {"why", std::string(status.message())}});
  });
  ForgetOldest();
  if (granted) return jobs_.approve(id);
  if (state != v1::Approval::WITHDRAWN) jobs_.refuse(id, why);
}

void Approvals::ForgetOldest() {
  while (approvals_.size() - waiting_ > kMaxDecided) {
    auto oldest = approvals_.end();
    for (auto it = approvals_.begin(); it != approvals_.end(); ++it) {
      if (it->second.state() == v1::Approval::WAITING) continue;
      if (oldest == approvals_.end() || it->second.created_us() < oldest->second.created_us()) oldest = it;
    }
    RecordChange change;
    change.erases.push_back({kRecordKind, oldest->first});
    store_->Apply(std::move(change), nullptr);
    approvals_.erase(oldest);
  }
}

bool Approvals::MayDecide(const auth::Caller& caller, const v1::Approval& approval) const {
  if (approval.from_size() == 0) return access_->May(caller, v1::ADMINISTER);
  const std::shared_ptr<const RulesInForce> in_force = access_->rules();
  if (!in_force->fault.empty()) return false;  // it denies everything
  const std::vector<std::string> groups = in_force->rules.GroupsOf(caller);
  for (absl::string_view word : approval.from()) {
    if (absl::ConsumePrefix(&word, kGroupWord)) {
      if (std::find(groups.begin(), groups.end(), word) != groups.end()) return true;
      continue;
    }
    const auto pattern = auth::CallerPattern::Parse(word);
    if (pattern.ok() && pattern->Fits(caller)) return true;
  }
  return false;
}

absl::StatusOr<v1::Approval*> Approvals::Find(absl::string_view job_id) {
  v1::Approval* found = nullptr;
  for (auto& [id, approval] : approvals_) {
    if (job_id.size() < kMinJobIdDigits || !absl::StartsWith(id, job_id)) continue;
    if (found != nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("several jobs begin with ", job_id, "; give more digits"));
    }
    found = &approval;
  }
  if (found != nullptr) return found;
  return absl::NotFoundError(
      absl::StrCat("no job ", job_id.substr(0, 32), " waits for approval; orchctl approval list shows those that do"));
}

absl::Status Approvals::CheckVote(const auth::Caller& caller, const v1::DecideApprovalRequest& request,
                                  const v1::Approval& approval) const {
  if (request.reason().size() > kMaxReasonBytes) {
    return absl::InvalidArgumentError(absl::StrCat("reason must be at most ", kMaxReasonBytes, " bytes"));
  }
  if (caller.id == approval.caller()) {
    return absl::PermissionDeniedError(
        absl::StrCat(caller.id, " asked for job ", approval.job_id(),
                     " and cannot decide about it; another one has to (orchctl job cancel takes it back)"));
  }
  if (!MayDecide(caller, approval)) {
    return absl::PermissionDeniedError(absl::StrCat(caller.id, " is none of those who may decide about job ",
                                                    approval.job_id(), "; orchctl approval show names them"));
  }
  if (approval.state() != v1::Approval::WAITING) {
    return absl::FailedPreconditionError(absl::StrCat("job ", approval.job_id(), " does not wait any more (",
                                                      v1::Approval::State_Name(approval.state()), ")"));
  }
  if (approval.expires_us() <= absl::ToUnixMicros(clock_->Now())) {
    return absl::FailedPreconditionError(absl::StrCat("the time to approve job ", approval.job_id(), " is over"));
  }
  if (request.digest() != approval.digest()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the digest is not that of job ", approval.job_id(), ", which is ", approval.digest(),
                     "; look at the job again (orchctl approval show) before you decide"));
  }
  if (HasVoted(approval, caller.id)) {
    return absl::FailedPreconditionError(absl::StrCat(caller.id, " has granted job ", approval.job_id(),
                                                      " already; it needs ", approval.needed(), " different ones"));
  }
  return absl::OkStatus();
}

void Approvals::Decide(const auth::Caller& caller, const v1::DecideApprovalRequest& request, DecideDone done) {
  const absl::StatusOr<v1::Approval*> found = Find(request.job_id());
  absl::Status status = found.status();
  if (status.ok()) status = CheckVote(caller, request, **found);
  auth::AuditRecord record{request.grant() ? "approval.grant" : "approval.deny", status.ok() ? "allowed" : "denied",
                           caller.id, status.ok() ? request.reason() : std::string(status.message()),
                           found.ok() ? DetailsOf(**found) : Json{{"job", request.job_id().substr(0, 32)}}};
  if (const absl::Status written = access_->Record(record); status.ok()) status = written;
  if (!status.ok()) return done(status);
  v1::Approval voted = **found;
  v1::Approval::Vote* const vote = voted.add_votes();
  vote->set_caller(caller.id);
  vote->set_grant(request.grant());
  vote->set_time_us(absl::ToUnixMicros(clock_->Now()));
  vote->set_reason(request.reason());
  **found = voted;  // a second vote of the same caller is refused from now on
  // The vote counts once it is stored.
  Store(voted,
        [this, id = voted.job_id(), votes_stored = static_cast<uint32_t>(voted.votes_size()), grant = request.grant(),
         caller_id = caller.id, reason = request.reason(), done = std::move(done)](const absl::Status& stored) {
          const auto it = approvals_.find(id);
          if (it == approvals_.end()) return done(absl::NotFoundError(absl::StrCat("job ", id, " is over")));
          v1::Approval* const approval = &it->second;
          if (!stored.ok()) {
            auto* const votes = approval->mutable_votes();
            votes->erase(std::remove_if(votes->begin(), votes->end(),
                                        [&](const v1::Approval::Vote& other) { return other.caller() == caller_id; }),
                         votes->end());
            return done(stored);
          }
          if (approval->state() == v1::Approval::WAITING) {
            if (!grant) {
              Conclude(approval, v1::Approval::DENIED,
                       absl::StrCat("the approval was denied by ", caller_id, reason.empty() ? "" : ": ", reason));
            } else if (votes_stored >= approval->needed()) {
              Conclude(approval, v1::Approval::GRANTED, "");
            }
          }
          const auto after = approvals_.find(id);
          done(after == approvals_.end() ? absl::StatusOr<v1::Approval>(absl::NotFoundError("the job is over"))
                                         : Show(after->second, /*all_targets=*/false));
        });
}

v1::Approval Approvals::Show(const v1::Approval& approval, bool all_targets) const {
  v1::Approval shown = approval;
  if (!all_targets) return shown;
  const std::vector<std::string> targets = jobs_.targets(approval.job_id());
  if (targets.empty()) return shown;
  shown.clear_identities();
  for (const std::string& target : targets) shown.add_identities(target);
  return shown;
}

absl::Status Approvals::List(const auth::Caller& caller, const v1::ListApprovalsRequest& request,
                             v1::ListApprovalsResponse* response) const {
  const bool all = access_->SeesEveryNode(caller) || access_->May(caller, v1::ADMINISTER);
  std::vector<const v1::Approval*> found;
  for (const auto& [id, approval] : approvals_) {
    const bool asked = request.job_id().size() >= kMinJobIdDigits && absl::StartsWith(id, request.job_id());
    if (!request.job_id().empty() ? !asked : !request.decided() && approval.state() != v1::Approval::WAITING) continue;
    if (all || approval.caller() == caller.id || MayDecide(caller, approval)) found.push_back(&approval);
  }
  if (!request.job_id().empty() && found.empty()) {
    return absl::NotFoundError(absl::StrCat("no job ", request.job_id().substr(0, 32),
                                            " waits for approval; orchctl approval list shows those that do"));
  }
  std::sort(found.begin(), found.end(),
            [](const v1::Approval* a, const v1::Approval* b) { return a->created_us() < b->created_us(); });
  for (const v1::Approval* approval : found) *response->add_approvals() = Show(*approval, !request.job_id().empty());
  return absl::OkStatus();
}

void Approvals::Tick() {
  const int64_t now = absl::ToUnixMicros(clock_->Now());
  std::vector<std::string> over, ended;
  for (const auto& [id, approval] : approvals_) {
    if (approval.state() != v1::Approval::WAITING) continue;
    if (approval.expires_us() <= now)
      over.push_back(id);
    else if (!jobs_.awaits_approval(id))
      ended.push_back(id);
  }
  for (const std::string& id : over) {
    Conclude(&approvals_.at(id), v1::Approval::EXPIRED, "the approval did not come in time");
  }
  for (const std::string& id : ended) Withdraw(id);
}

}  // namespace orch::hub

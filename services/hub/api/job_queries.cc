#include "services/hub/api/job_queries.h"

#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "base/log.h"
#include "services/hub/job_store/task.h"

namespace orch::hub {
namespace {

absl::Status CheckPageSize(uint32_t size, uint32_t most, uint32_t fallback) {
  if (size <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("page_size must be at most ", most, " (0: ", fallback, ")"));
}

absl::Status CheckListTimes(const v1::ListJobsRequest& request) {
  if (request.created_after_us() < 0) return absl::InvalidArgumentError("created_after_us must not be negative");
  if (request.created_before_us() < 0) return absl::InvalidArgumentError("created_before_us must not be negative");
  if (request.created_before_us() == 0 || request.created_after_us() < request.created_before_us()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("created_after_us must be before created_before_us: nothing lies between them");
}

absl::Status CheckList(const v1::ListJobsRequest& request) {
  if (!v1::JobState_IsValid(request.state())) {
    return absl::InvalidArgumentError(
        "state must be JOB_RUNNING, JOB_PAUSED, JOB_FINISHED, JOB_PENDING_APPROVAL or unset");
  }
  if (absl::Status status = CheckListTimes(request); !status.ok()) return status;
  return CheckPageSize(request.page_size(), kMaxJobsPage, kDefaultJobsPage);
}

}  // namespace

void JobQueries::GetJob(const v1::GetJobRequest& request, v1::GetJobResponse* response, Done done) {
  if (const absl::Status status = CheckJobIdPrefix(request.job_id()); !status.ok()) return done(status);
  store_->Get(request.job_id(), [this, response, done = std::move(done)](absl::StatusOr<StoredJob> job) {
    if (!job.ok()) return done(job.status());
    *response->mutable_job() = ShowJob(*job, store_->Stats().durable);
    if (!job->summary && list_open_) list_open_(job->job_id, response);
    done(absl::OkStatus());
  });
}

void JobQueries::ListJobs(const v1::ListJobsRequest& request, v1::ListJobsResponse* response, Done done) {
  if (const absl::Status status = CheckList(request); !status.ok()) return done(status);
  const auto before = ReadToken(request.page_token());
  if (!before.ok()) return done(before.status());
  JobFilter filter;
  filter.caller = request.caller();
  filter.plugin = request.plugin();
  filter.action = request.action();
  filter.state = request.state();
  filter.created_after_us = request.created_after_us();
  filter.created_before_us = request.created_before_us();
  const size_t limit = request.page_size() == 0 ? kDefaultJobsPage : request.page_size();
  store_->List(std::move(filter), *before, limit,
               [this, response, done = std::move(done)](absl::StatusOr<JobPage> page) {
                 if (!page.ok()) return done(page.status());
                 const bool durable = store_->Stats().durable;
                 for (const StoredJob& job : page->jobs) *response->add_jobs() = ShowJob(job, durable);
                 response->set_next_page_token(MakeToken(page->next));
                 done(absl::OkStatus());
               });
}

void JobQueries::ListReplies(const v1::ListRepliesRequest& request, v1::ListRepliesResponse* response, Done done) {
  absl::Status status = CheckJobIdPrefix(request.job_id());
  if (status.ok()) status = CheckPageSize(request.page_size(), kMaxRepliesPage, kDefaultRepliesPage);
  const auto from = ReadToken(request.page_token());
  if (status.ok()) status = from.status();
  ReplyQuery query;
  for (const int state : request.states()) {
    if (status.ok() && !(v1::TaskState_IsValid(state) && IsTerminal(static_cast<v1::TaskState>(state)))) {
      status = absl::InvalidArgumentError("states must be outcomes (OK to INDETERMINATE): a reply has no other state");
    }
    query.states.push_back(static_cast<v1::TaskState>(state));
  }
  if (!status.ok()) return done(status);
  query.from = *from;
  query.limit = request.page_size() == 0 ? kDefaultRepliesPage : request.page_size();
  if (request.job_id().size() == kJobIdDigits) {
    return ListRepliesOf(request.job_id(), std::move(query), response, std::move(done));
  }
  store_->Get(request.job_id(), [this, query = std::move(query), response,
                                 done = std::move(done)](absl::StatusOr<StoredJob> job) mutable {
    if (!job.ok()) return done(job.status());
    ListRepliesOf(job->job_id, std::move(query), response, std::move(done));
  });
}

void JobQueries::ListRepliesOf(const std::string& job_id, ReplyQuery query, v1::ListRepliesResponse* response,
                               Done done) {
  store_->Replies(job_id, std::move(query), [this, response, done = std::move(done)](absl::StatusOr<ReplyPage> page) {
    if (!page.ok()) return done(page.status());
    for (StoredReply& stored : page->replies) *response->add_replies() = std::move(stored.reply);
    response->set_next_page_token(MakeToken(page->next));
    done(absl::OkStatus());
  });
}

void JobQueries::PruneJobs(const v1::PruneJobsRequest& request, const std::string& caller,
                           v1::PruneJobsResponse* response, Done done) {
  if (request.finished_before_us() < 0) {
    return done(absl::InvalidArgumentError("finished_before_us must not be negative"));
  }
  if (request.finished_before_us() == 0 && request.keep() == 0) {
    return done(absl::InvalidArgumentError(
        "finished_before_us and keep are both unset, which would forget every job; set at least one of them"));
  }
  const std::string before = absl::FormatTime(absl::FromUnixMicros(request.finished_before_us()), absl::UTCTimeZone());
  store_->Prune(request.finished_before_us(), request.keep(),
                [=, keep = request.keep(), done = std::move(done)](const absl::StatusOr<uint64_t>& removed) {
                  LogWarning("jobs pruned", {{"caller", caller},
                                             {"finished_before", before},
                                             {"keep", absl::StrCat(keep)},
                                             {"removed", removed.ok() ? absl::StrCat(*removed) : "0"}});
                  if (removed.ok()) response->set_removed(*removed);
                  done(removed.status());
                });
}

absl::StatusOr<uint64_t> JobQueries::ReadToken(absl::string_view token) const {
  if (token.empty()) return 0;
  uint64_t next = 0;
  if (!absl::ConsumePrefix(&token, absl::StrCat(store_->id(), ":")) || !absl::SimpleAtoi(token, &next) || next == 0) {
    return absl::InvalidArgumentError("page_token is not one this hub gave for this list; begin again without one");
  }
  return next;
}

std::string JobQueries::MakeToken(uint64_t next) const {
  return next == 0 ? "" : absl::StrCat(store_->id(), ":", next);
}

}  // namespace orch::hub

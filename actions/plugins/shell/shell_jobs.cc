#include "actions/plugins/shell/shell_jobs.h"

#include <pthread.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/process/cancel_token.h"
#include "base/process/process.h"
#include "base/process/process_spec.h"
#include "base/status_macros.h"
#include "base/utf8.h"

namespace orch::actions {
namespace {

constexpr size_t kHandleBytes = 12;

absl::Status UnknownHandle(const std::string& handle) {
  return absl::NotFoundError(absl::StrCat("this node knows no shell job ", handle));
}

}  // namespace

struct ShellJobs::Job {
  std::string handle;
  std::string command;
  CancelToken cancel;
  // ShellJobs::mu_ guards the members below.
  std::thread thread;
  uint64_t ended = 0;  // in order of ending; 0: it runs
  std::string state = "running";
  int exit_code = -1;
  std::string problem;
  std::string out, err;
  bool truncated = false;
};

ShellJobs::~ShellJobs() {
  std::map<std::string, std::shared_ptr<Job>> jobs;
  {
    MutexLock lock(&mu_);
    jobs.swap(jobs_);
  }
  for (const auto& [handle, job] : jobs) job->cancel.Cancel();
  for (const auto& [handle, job] : jobs) job->thread.join();
}

absl::Status ShellJobs::MakeRoomLocked(std::thread* ended) {
  if (jobs_.size() < kMaxShellJobs) return absl::OkStatus();
  auto oldest = jobs_.end();
  for (auto place = jobs_.begin(); place != jobs_.end(); ++place) {
    if (place->second->ended == 0) continue;
    if (oldest == jobs_.end() || place->second->ended < oldest->second->ended) oldest = place;
  }
  if (oldest == jobs_.end()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("this node runs ", kMaxShellJobs, " shell jobs already; kill one, or try again later"));
  }
  *ended = std::move(oldest->second->thread);
  jobs_.erase(oldest);
  return absl::OkStatus();
}

absl::StatusOr<std::string> ShellJobs::Start(std::string command, ProcessSpec spec) {
  auto job = std::make_shared<Job>();
  job->handle = absl::BytesToHexString(random_->Bytes(kHandleBytes));
  job->command = std::move(command);
  std::thread ended;
  {
    MutexLock lock(&mu_);
    ORCH_RETURN_IF_ERROR(MakeRoomLocked(&ended));
    jobs_[job->handle] = job;
    job->thread = std::thread([this, job, spec = std::move(spec)]() mutable { Run(job.get(), std::move(spec)); });
  }
  if (ended.joinable()) ended.join();
  return job->handle;
}

void ShellJobs::Run(Job* job, ProcessSpec spec) {
  pthread_setname_np(pthread_self(), "shell");
  spec.timeout = kMaxShellJobTime;
  spec.max_output = 0;
  spec.cancel = &job->cancel;
  spec.on_output = [this, job](ProcessStream stream, absl::string_view piece) {
    MutexLock lock(&mu_);
    std::string& spool = stream == ProcessStream::kOut ? job->out : job->err;
    const size_t room = kMaxShellSpool - spool.size();
    job->truncated = job->truncated || piece.size() > room;
    absl::StrAppend(&spool, piece.substr(0, room));
  };
  const absl::StatusOr<ProcessResult> result = RunProcess(spec, *clock_);
  MutexLock lock(&mu_);
  job->ended = ++ends_;
  job->state = "failed";
  if (!result.ok()) {
    job->problem = std::string(result.status().message());
    return;
  }
  job->exit_code = result->exit_code;
  switch (result->end) {
    case ProcessResult::End::kExited:
      job->state = "stopped";
      break;
    case ProcessResult::End::kSignalled:
      job->problem = absl::StrCat("ended by signal ", result->signal);
      break;
    case ProcessResult::End::kCancelled:
      job->problem = "killed";
      break;
    default:
      job->problem = absl::StrCat("ended after ", absl::FormatDuration(kMaxShellJobTime));
  }
}

ShellJobs::Status ShellJobs::Describe(const Job& job) {
  Status status;
  status.handle = job.handle;
  status.command = job.command;
  status.state = job.state;
  status.exit_code = job.exit_code;
  status.problem = job.problem;
  status.truncated = job.truncated;
  return status;
}

absl::StatusOr<ShellJobs::Status> ShellJobs::Get(const std::string& handle, size_t out_offset,
                                                 size_t err_offset) const {
  MutexLock lock(&mu_);
  const auto found = jobs_.find(handle);
  if (found == jobs_.end()) return UnknownHandle(handle);
  const Job& job = *found->second;
  Status status = Describe(job);
  // While the job runs, an incomplete character at the end is left for the next call.
  const auto from = [&job](const std::string& spool, size_t offset) {
    const size_t size = job.ended == 0 ? spool.size() - UnfinishedTail(spool) : spool.size();
    return spool.substr(std::min(offset, size), size - std::min(offset, size));
  };
  status.out = from(job.out, out_offset);
  status.err = from(job.err, err_offset);
  return status;
}

std::vector<ShellJobs::Status> ShellJobs::List() const {
  MutexLock lock(&mu_);
  std::vector<Status> all;
  for (const auto& [handle, job] : jobs_) all.push_back(Describe(*job));
  return all;
}

absl::Status ShellJobs::Kill(const std::string& handle) {
  std::shared_ptr<Job> job;
  {
    MutexLock lock(&mu_);
    const auto found = jobs_.find(handle);
    if (found == jobs_.end()) return UnknownHandle(handle);
    job = found->second;
  }
  job->cancel.Cancel();
  return absl::OkStatus();
}

}  // namespace orch::actions

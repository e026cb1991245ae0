#include "actions/worker/warm_worker.h"

#include <pthread.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/process/cancel_token.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr absl::Duration kCancelPollInterval =
    absl::Milliseconds(50);               // for a cancellation, while waiting for a process
constexpr size_t kMaxQuotedAnswer = 200;  // bytes of a wrong answer

// Joins the last lines to one.
std::string LastLines(absl::string_view text) {
  std::vector<absl::string_view> lines = absl::StrSplit(text, absl::ByAnyChar("\r\n"), absl::SkipWhitespace());
  if (lines.size() > WarmWorker::kMaxErrorLines) lines.erase(lines.begin(), lines.end() - WarmWorker::kMaxErrorLines);
  std::string last = absl::StrJoin(lines, " | ");
  if (last.size() > WarmWorker::kMaxErrorBytes) last.erase(0, last.size() - WarmWorker::kMaxErrorBytes);
  return last;
}

absl::Status CheckSameRequest(const Json& request, const Json& answer) {
  const auto asked = request.find("requestid");
  const auto answered = answer.find("requestid");
  if (asked == request.end() || answered == answer.end() || *asked == *answered) return absl::OkStatus();
  return absl::InvalidArgumentError("the worker answered another request than it was asked");
}

absl::Status CheckReply(const Json& request, const Json& answer) {
  ORCH_RETURN_IF_ERROR(CheckSameRequest(request, answer));
  const auto code = answer.find("statuscode");
  if (code == answer.end() || !code->is_number_integer() || *code < 0 || *code > kUnknownError) {
    return absl::InvalidArgumentError(
        absl::StrCat("the worker answered without a 'statuscode' from 0 to ", int{kUnknownError}));
  }
  const auto data = answer.find("data");
  if (data == answer.end() || data->is_null() || data->is_object()) return absl::OkStatus();
  return absl::InvalidArgumentError("the worker answered with 'data' that is no object");
}

}  // namespace

WarmWorker::WarmWorker(Options options, const Clock* clock)
    : options_([&options] {
        options.max_processes = std::clamp<size_t>(options.max_processes, 1, kMaxProcesses);
        return std::move(options);
      }()),
      clock_(clock) {}

WarmWorker::~WarmWorker() {
  std::vector<Idle> idle;
  {
    MutexLock lock(&mu_);
    stopping_ = true;
    idle.swap(idle_);
  }
  reap_.Signal();
  const absl::Duration give_up = clock_->Steady() + kEndGrace;
  for (Idle& one : idle) one.process->Stop(std::max(absl::ZeroDuration(), give_up - clock_->Steady()));
  if (reaper_.joinable()) reaper_.join();
}

absl::StatusOr<WarmWorker::Process> WarmWorker::Take(absl::Duration deadline, const CancelToken* cancel) {
  MutexLock lock(&mu_);
  while (true) {
    while (!idle_.empty()) {
      Process process = std::move(idle_.back().process);
      idle_.pop_back();
      if (process->Alive()) return process;
      --alive_;
    }
    if (alive_ < options_.max_processes) {
      ++alive_;
      return Process();
    }
    if (cancel != nullptr && cancel->cancelled()) return absl::CancelledError("the job was cancelled");
    const absl::Duration left = deadline - clock_->Steady();
    if (left <= absl::ZeroDuration()) return absl::DeadlineExceededError("no process was free in time");
    free_.WaitFor(&mu_, absl::ToChronoNanoseconds(std::min(left, kCancelPollInterval)));
  }
}

void WarmWorker::GiveBack(Process process) {
  if (process != nullptr && !process->Alive()) process = nullptr;
  {
    MutexLock lock(&mu_);
    if (process == nullptr) {
      if (--alive_ == 0) reap_.Signal();
    } else {
      idle_.push_back({std::move(process), clock_->Steady()});
      if (!reaping_) StartReaperLocked();
    }
  }
  free_.Signal();
}

absl::StatusOr<Json> WarmWorker::Exchange(const Json& request, absl::Duration timeout, const CancelToken* cancel,
                                          Check check) {
  const std::string line = DumpJson(request);
  const absl::Duration deadline = clock_->Steady() + timeout;
  while (true) {
    absl::StatusOr<Process> taken = Take(deadline, cancel);
    if (!taken.ok()) return Explain(taken.status(), "");
    const bool reused = *taken != nullptr;
    if (!reused) taken = WorkerProcess::Start({options_.process, options_.max_answer}, clock_);
    if (!taken.ok()) {
      GiveBack(nullptr);
      return Explain(taken.status(), "");
    }
    Process process = *std::move(taken);
    const std::string said_before = process->ErrorTail();
    const absl::StatusOr<std::string> text = process->Exchange(line, deadline - clock_->Steady(), cancel);
    absl::StatusOr<Json> answer = text.ok() ? ReadAnswer(request, *text, check) : text.status();
    std::string said = answer.ok() ? "" : process->ErrorTail();
    if (!answer.ok()) process = nullptr;  // what it says next might be the rest of this
    GiveBack(std::move(process));
    if (answer.ok()) return answer;
    // An earlier request printed this late; the present one was not sent.
    if (reused && absl::IsFailedPrecondition(answer.status())) continue;
    if (absl::StartsWith(said, said_before)) said.erase(0, said_before.size());
    return Explain(answer.status(), said);
  }
}

absl::StatusOr<Json> WarmWorker::ReadAnswer(const Json& request, const std::string& line, Check check) const {
  absl::StatusOr<Json> answer = ParseJsonObject(line, "the worker's answer", options_.max_answer);
  absl::Status good = answer.status();
  if (good.ok() && answer->empty()) good = absl::InvalidArgumentError("the worker's answer is empty");
  if (good.ok()) good = check(request, *answer);
  if (good.ok()) return answer;
  return absl::InvalidArgumentError(
      absl::StrCat(good.message(), "; it began: ", LastLines(absl::string_view(line).substr(0, kMaxQuotedAnswer))));
}

absl::Status WarmWorker::Explain(const absl::Status& status, absl::string_view error_tail) const {
  const std::string last = LastLines(error_tail);
  return absl::Status(status.code(), absl::StrCat(options_.name, ": ", status.message(),
                                                  last.empty() ? "" : absl::StrCat("; it last said: ", last)));
}

absl::StatusOr<Json> WarmWorker::Ask(const Json& request, absl::Duration timeout, const CancelToken* cancel) {
  return Exchange(request, timeout, cancel, CheckSameRequest);
}

Reply WarmWorker::Call(const Json& request, const Context& context) {
  const absl::StatusOr<Json> answer = Exchange(request, context.timeout, context.cancel, CheckReply);
  if (!answer.ok()) return ReplyForWorker(answer.status());
  const auto text = [&answer](const char* key, absl::string_view absent) {
    const auto found = answer->find(key);
    return found != answer->end() && found->is_string() ? found->get<std::string>() : std::string(absent);
  };
  Reply reply;
  reply.status_code = answer->at("statuscode").get<int>();
  reply.status_message = text("statusmsg", "OK");
  reply.error_kind = ErrorKindFromText(text("error_kind", ""));
  const auto data = answer->find("data");
  if (data != answer->end() && data->is_object()) reply.data = *data;
  return reply;
}

size_t WarmWorker::processes() const {
  MutexLock lock(&mu_);
  return alive_;
}

size_t WarmWorker::threads() const {
  MutexLock lock(&mu_);
  return reaping_ ? 1 : 0;
}

void WarmWorker::StartReaperLocked() {
  if (stopping_) return;
  if (reaper_.joinable()) reaper_.join();  // it has ended: reaping_ is the last it touches
  reaping_ = true;
  reaper_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "warm-worker");
    Reap();
  });
}

void WarmWorker::Reap() {
  while (true) {
    std::vector<Process> expired;
    {
      MutexLock lock(&mu_);
      expired = TakeExpiredLocked();
      if (expired.empty()) {
        if (stopping_ || alive_ == 0) {
          reaping_ = false;
          return;
        }
        const absl::Duration next =
            idle_.empty() ? options_.idle : idle_.front().since + options_.idle - clock_->Steady();
        reap_.WaitFor(&mu_, absl::ToChronoNanoseconds(std::max(next, absl::Milliseconds(1))));
        continue;
      }
    }
    const size_t ended = expired.size();
    for (Process& process : expired) process->Stop(kEndGrace);
    expired.clear();
    {
      MutexLock lock(&mu_);
      alive_ -= ended;
    }
    free_.SignalAll();
  }
}

std::vector<WarmWorker::Process> WarmWorker::TakeExpiredLocked() {
  std::vector<Process> expired;
  const absl::Duration oldest = clock_->Steady() - options_.idle;
  while (!idle_.empty() && (idle_.front().since <= oldest || !idle_.front().process->Alive())) {
    expired.push_back(std::move(idle_.front().process));
    idle_.erase(idle_.begin());
  }
  return expired;
}

Reply ReplyForWorker(const absl::Status& status) {
  const std::string message(status.message());
  switch (status.code()) {
    case absl::StatusCode::kDeadlineExceeded:
      return Reply::Failure(ErrorKind::kTimeout, message);
    case absl::StatusCode::kCancelled:
      return Reply::Failure(ErrorKind::kCancelled, message);
    case absl::StatusCode::kResourceExhausted:
      return Reply::Failure(ErrorKind::kOutputLimit, message);
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kInvalidArgument:
      return Reply::Failure(ErrorKind::kProtocol, message);
    default:
      return Reply::Failure(ErrorKind::kCrash, message);
  }
}

}  // namespace orch::actions

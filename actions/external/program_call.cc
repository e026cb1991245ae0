#include "actions/external/program_call.h"

#include <poll.h>
#include <sys/stat.h>

#include <atomic>
#include <cstring>
#include <map>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/external/output_log.h"
#include "actions/external/private_folder.h"
#include "base/duration_text.h"
#include "base/process/cancel_token.h"
#include "base/process/process.h"
#include "base/process/process_spec.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr absl::Duration kLookAtReplyEvery = absl::Milliseconds(100);
constexpr char kRequestFile[] = "request.json";
constexpr char kReplyFile[] = "reply.json";
constexpr char kConfigFile[] = "config.cfg";
constexpr char kFactsFile[] = "facts.json";

absl::Status WriteFiles(const ProgramCall& call, const PrivateFolder& folder) {
  ORCH_RETURN_IF_ERROR(folder.Write(kRequestFile, call.request));
  ORCH_RETURN_IF_ERROR(folder.Write(kReplyFile, ""));
  if (call.style == ProgramCall::Style::kMcollective) return absl::OkStatus();
  ORCH_RETURN_IF_ERROR(folder.Write(kConfigFile, call.settings));
  return folder.Write(kFactsFile, call.facts == nullptr ? "{}" : DumpJson(*call.facts));
}

ProcessSpec SpecOf(const ProgramCall& call, const PrivateFolder& folder) {
  ProcessSpec spec;
  spec.argv = {call.program, folder.File(kRequestFile), folder.File(kReplyFile)};
  spec.cwd = folder.path();
  spec.timeout = call.timeout;
  spec.kill_grace = kProgramKillGrace;
  spec.max_output = kMaxProgramOutput;
  spec.end_on_output_limit = !call.streams;
  if (call.style == ProgramCall::Style::kMcollective) {
    spec.env = {{"MCOLLECTIVE_REQUEST_FILE", spec.argv[1]}, {"MCOLLECTIVE_REPLY_FILE", spec.argv[2]}};
    return spec;
  }
  spec.argv.push_back(call.protocol);
  spec.bare_env = true;
  for (const char* prefix : {"CHORIA_EXTERNAL_", "ORCH_EXTERNAL_"}) {
    spec.env[absl::StrCat(prefix, "REQUEST")] = spec.argv[1];
    spec.env[absl::StrCat(prefix, "REPLY")] = spec.argv[2];
    spec.env[absl::StrCat(prefix, "PROTOCOL")] = call.protocol;
    spec.env[absl::StrCat(prefix, "CONFIG")] = folder.File(kConfigFile);
    spec.env[absl::StrCat(prefix, "FACTS")] = folder.File(kFactsFile);
  }
  return spec;
}

// Ends the program when the caller cancels the call, or when its reply file exceeds the limit, so that a program that
// writes without end does not fill the disk. Each call has one such thread.
class ReplyWatch {
 public:
  ReplyWatch(const CancelToken* caller, std::string reply, size_t max_bytes)
      : caller_(caller), reply_(std::move(reply)), max_bytes_(max_bytes), thread_([this] { Watch(); }) {}
  ~ReplyWatch() {
    over_.Cancel();
    thread_.join();
  }
  const CancelToken* end() const { return &end_; }
  bool outgrown() const { return outgrown_.load(); }

 private:
  void Watch() {
    pollfd fds[] = {{over_.fd(), POLLIN, 0}, {caller_ == nullptr ? -1 : caller_->fd(), POLLIN, 0}};
    while (!over_.cancelled()) {
      poll(fds, 2, static_cast<int>(absl::ToInt64Milliseconds(kLookAtReplyEvery)));
      struct stat info;
      const bool large = lstat(reply_.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
                         static_cast<uint64_t>(info.st_size) > max_bytes_;
      const bool cancelled = caller_ != nullptr && caller_->cancelled();
      if (!large && !cancelled) continue;
      if (!cancelled) outgrown_ = true;
      return end_.Cancel();
    }
  }

  const CancelToken* const caller_;
  const std::string reply_;
  const uint64_t max_bytes_;
  CancelToken end_, over_;
  std::atomic<bool> outgrown_{false};
  std::thread thread_;
};

absl::Status Outgrown(const ProgramCall& call) {
  return absl::ResourceExhaustedError(
      absl::StrCat(call.program, " was ended: its reply file holds more than the ", call.max_reply, " bytes accepted"));
}

absl::Status HowItEnded(const ProgramCall& call, const ProcessResult& result) {
  switch (result.end) {
    case ProcessResult::End::kExited:
      return absl::OkStatus();
    case ProcessResult::End::kTimedOut:
      return absl::DeadlineExceededError(
          absl::StrCat(call.program, " was ended: it ran longer than ", DurationText(call.timeout)));
    case ProcessResult::End::kCancelled:
      return absl::CancelledError(absl::StrCat(call.program, " was ended: the job was cancelled"));
    case ProcessResult::End::kOutputLimit:
      return absl::ResourceExhaustedError(
          absl::StrCat(call.program, " was ended: it printed more than ", kMaxProgramOutput, " bytes"));
    case ProcessResult::End::kSignalled:
      break;
  }
  const char* name = sigabbrev_np(result.signal);
  return absl::UnavailableError(absl::StrCat(call.program, " was ended by signal ", result.signal,
                                             name == nullptr ? "" : absl::StrCat(" (SIG", name, ")")));
}

}  // namespace

absl::Status WithLastLines(const absl::Status& status, const std::string& last_lines) {
  if (status.ok() || last_lines.empty()) return status;
  return absl::Status(status.code(), absl::StrCat(status.message(), "; it last said: ", last_lines));
}

absl::StatusOr<ProgramAnswer> CallProgram(const ProgramCall& call, const Clock& clock) {
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<PrivateFolder> folder, PrivateFolder::Create());
  ORCH_RETURN_IF_ERROR(WriteFiles(call, *folder));
  OutputLog output(call.what);
  ProcessSpec spec = SpecOf(call, *folder);
  spec.on_output = [&output, &call](ProcessStream stream, absl::string_view piece) {
    output.Add(stream, piece);
    if (call.on_output != nullptr) call.on_output(stream, piece);
  };
  const ReplyWatch watch(call.cancel, folder->File(kReplyFile), call.max_reply);
  spec.cancel = watch.end();
  ORCH_ASSIGN_OR_RETURN(const ProcessResult result, RunProcess(spec, clock));
  ProgramAnswer answer;
  answer.exit_code = result.exit_code;
  answer.last_lines = output.LastLines();
  answer.error_text = output.ErrorText();
  const bool outgrown = result.end == ProcessResult::End::kCancelled && watch.outgrown();
  ORCH_RETURN_IF_ERROR(WithLastLines(outgrown ? Outgrown(call) : HowItEnded(call, result), answer.last_lines));
  absl::StatusOr<std::string> reply = folder->Read(kReplyFile, call.max_reply);
  if (reply.ok()) {
    answer.reply = *std::move(reply);
    return answer;
  }
  if (absl::IsNotFound(reply.status())) return answer;
  const absl::StatusCode code = absl::IsResourceExhausted(reply.status()) ? absl::StatusCode::kResourceExhausted
                                                                          : absl::StatusCode::kInvalidArgument;
  return WithLastLines(absl::Status(code, absl::StrCat("its reply file: ", reply.status().message())),
                       answer.last_lines);
}

}  // namespace orch::actions

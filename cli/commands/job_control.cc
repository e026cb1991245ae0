// orchctl job cancel, pause, resume.
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/commands/job_commands.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/job_record_text.h"
#include "cli/views/json_view.h"

namespace orch::cli {
namespace {

struct Verb {
  v1::ControlJobRequest::Verb verb;
  const char* name;
  v1::JobState aim;      // when the job is there, `done` has come about
  const char* done;      // after "Job ID "
  const char* underway;  // the same until then
};

class JobControlCommand final : public Command {
 public:
  explicit JobControlCommand(Verb verb) : verb_(verb) {}

  void DeclareOptions(OptionTable* table) override {
    table->Text({"--reason"}, "TEXT", "Why; for the nodes and the log", "Application Options", &reason_);
  }

  // Every job is tried; the first error is the command's.
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty())
      return absl::InvalidArgumentError(absl::StrCat("no job given; usage: orchctl job ", verb_.name, " <job> ..."));
    for (const std::string& id : words) ORCH_RETURN_IF_ERROR(CheckJobId(id));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    Json list = Json::array();
    absl::Status first;
    for (const std::string& id : words) {
      v1::ControlJobRequest request;
      request.set_job_id(id);
      request.set_verb(verb_.verb);
      request.set_reason(reason_);
      const absl::StatusOr<v1::ControlJobResponse> response = hub->ControlJob(request);
      if (!response.ok()) {
        if (first.ok()) first = response.status();
        if (words.size() > 1) context->Note(absl::StrCat("orchctl: ", Printable(response.status().message()), "\n"));
        continue;
      }
      list.push_back(JobJson(response->job()));
      if (context->options().format == Format::kHuman) {
        context->Print(
            absl::StrCat("Job ", Printable(response->job().job_id()), " ", Outcome(response->job().state()), "\n"));
      }
    }
    if (context->options().format != Format::kHuman) context->Print(JsonText(list, context->env().out_is_terminal));
    if (!first.ok()) return first;
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>&) const override { return {NextWord::kJobs}; }

 private:
  const char* Outcome(v1::JobState state) const {
    if (state == verb_.aim) return verb_.done;
    return state == v1::JOB_FINISHED ? "has ended already" : verb_.underway;
  }

  const Verb verb_;
  std::string reason_;
};

}  // namespace

std::unique_ptr<Command> MakeJobCancelCommand() {
  return std::make_unique<JobControlCommand>(
      Verb{v1::ControlJobRequest::CANCEL, "cancel", v1::JOB_FINISHED, "is cancelled",
           "is being cancelled: what runs is told to end, and no more nodes get the command"});
}
std::unique_ptr<Command> MakeJobPauseCommand() {
  return std::make_unique<JobControlCommand>(
      Verb{v1::ControlJobRequest::PAUSE, "pause", v1::JOB_PAUSED, "is paused", "is being paused"});
}
std::unique_ptr<Command> MakeJobResumeCommand() {
  return std::make_unique<JobControlCommand>(
      Verb{v1::ControlJobRequest::RESUME, "resume", v1::JOB_RUNNING, "is resumed", "is being resumed"});
}

}  // namespace orch::cli

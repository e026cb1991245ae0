// The commands `orchctl job cancel`, `pause` and `resume`.
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/commands/job_commands.h"
#include "cli/session/last_job.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/job_record_text.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

struct Verb {
  v1::ControlJobRequest::Verb verb;
  const char* name;
  v1::JobState aim;      // the state of the job in which `done` is true
  const char* done;      // the text after "Job ID "
  const char* underway;  // the text before that state is reached
};

class JobControlCommand final : public Command {
 public:
  explicit JobControlCommand(Verb verb) : verb_(verb) {}

  void DeclareOptions(OptionTable* table) override {
    table->Text({"--reason"}, "TEXT", "Reason, shown to the nodes and in the log", "Application Options", &reason_);
  }

  // Tries every job; the first error is the error of the command.
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty())
      return absl::InvalidArgumentError(absl::StrCat("no job given; usage: orchctl job ", verb_.name, " <job> ..."));
    for (const std::string& id : words) ORCH_RETURN_IF_ERROR(CheckJobId(id));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    if (context->options().dry_run) return DryRun(context, words);
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    Json list = Json::array();
    absl::Status first;
    for (const std::string& id : words) {
      v1::ControlJobRequest request;
      ORCH_ASSIGN_OR_RETURN(*request.mutable_job_id(), ResolveJobId(context->config(), id));
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
  // Shows the present state of the jobs.
  absl::StatusOr<int> DryRun(Context* context, const std::vector<std::string>& words) const {
    Json list = Json::array();
    for (const std::string& id : words) {
      ORCH_ASSIGN_OR_RETURN(const v1::GetJobResponse response, FetchJob(context, id));
      const v1::Job& job = response.job();
      list.push_back(JobDetailJson(response));
      if (context->options().format != Format::kHuman) continue;
      const std::string name = absl::StrCat("job ", Printable(job.job_id()));
      context->Print(job.state() == v1::JOB_FINISHED
                         ? absl::StrCat("Dry run: ", name, " has ended already\n")
                         : absl::StrCat("Dry run: would ", verb_.name, " ", name, ", now ", JobStateName(job.state()),
                                        ", with ", response.open_size(), " nodes at work; nothing is sent\n"));
    }
    if (context->options().format != Format::kHuman)
      context->Print(
          JsonText({{"dry_run", true}, {"verb", verb_.name}, {"jobs", list}}, context->env().out_is_terminal));
    return kExitOk;
  }

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

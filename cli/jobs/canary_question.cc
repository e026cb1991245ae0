#include "cli/jobs/canary_question.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "cli/terminal/style.h"

namespace orch::cli {
namespace {

void Control(Context* context, const std::string& job_id, v1::ControlJobRequest::Verb verb) {
  v1::ControlJobRequest request;
  request.set_job_id(job_id);
  request.set_verb(verb);
  request.set_reason("answered after the canary");
  const absl::StatusOr<HubClient*> hub = context->Hub();
  const absl::Status status = hub.ok() ? (*hub)->ControlJob(request).status() : hub.status();
  if (!status.ok()) context->Note(absl::StrCat("orchctl: job ", job_id, ": ", Printable(status.message()), "\n"));
}

}  // namespace

bool AskWhetherToContinue(Context* context, const std::string& job_id, size_t answered, size_t targets) {
  if (!context->CanAsk()) return false;
  const std::string question =
      absl::StrCat("\nThe first ", answered, " of ", targets, " nodes (canary) succeeded. Go on with the others? ",
                   "(y: go on, n: leave the job paused, c: cancel it): ");
  const absl::StatusOr<std::string> line = context->AskLine(question, /*secret=*/false);
  const std::string answer = line.ok() ? absl::AsciiStrToLower(absl::StripAsciiWhitespace(*line)) : "";
  if (answer == "y" || answer == "yes") {
    Control(context, job_id, v1::ControlJobRequest::RESUME);
  } else if (answer == "c" || answer == "cancel") {
    Control(context, job_id, v1::ControlJobRequest::CANCEL);
  } else {
    context->Note(
        absl::StrCat("orchctl: job ", job_id, " stays paused; 'orchctl job resume ", job_id, "' lets it go on\n"));
  }
  context->env().err->Flush();
  return true;
}

}  // namespace orch::cli

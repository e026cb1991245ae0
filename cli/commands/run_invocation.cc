#include "cli/commands/run_invocation.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "base/status_macros.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_spec.h"
#include "cli/jobs/job_text.h"
#include "cli/views/dry_run.h"
#include "cli/views/human_view.h"
#include "cli/views/json_text.h"
#include "cli/views/machine_view.h"
#include "cli/views/reply_choice.h"

namespace orch::cli {
namespace {

// The view for --async, which only prints how to ask for the job later.
class AsyncView final : public JobView {
 public:
  explicit AsyncView(Context* context) : context_(context) {}
  void OnStart(const JobStart& start) override {
    if (context_->options().format == Format::kHuman) {
      context_->Print(absl::StrCat(start.job_id, "\n"));
    } else {
      context_->Print(JsonText({{"job_id", start.job_id},
                                {"targets", start.targets},
                                {"unknown", start.unknown},
                                {"offline", start.offline},
                                {"durable", start.durable}},
                               context_->env().out_is_terminal));
    }
    for (const std::string& name : start.unknown)
      context_->Note(absl::StrCat("orchctl: the hub has never seen ", Printable(name), "\n"));
    if (!start.durable) context_->Note("orchctl: the hub keeps this job in memory only; a restart forgets it\n");
  }
  bool OnAnswer(const Answer&) override { return true; }
  void OnProgress(size_t, size_t) override {}
  void OnEnd(const JobEnd& end) override { context_->Note(CutShortText(end)); }

 private:
  Context* const context_;
};

}  // namespace

absl::StatusOr<int> RunInvocation(Context* context, const Invocation& invocation, const Targets& targets,
                                  const std::string& what, JobView* human_view) {
  const bool dry_run = context->options().dry_run;
  if (invocation.action->impact == ddl::Impact::kChange && !dry_run)
    ORCH_RETURN_IF_ERROR(context->ConfirmUnfiltered(targets, what));
  v1::JobSpec spec = MakeSpec(context->options(), targets, invocation.plugin->name, invocation.action->name);
  spec.set_inputs_json(DumpJson(invocation.inputs));
  spec.add_ddl_sha256(invocation.plugin->sha256);
  if (spec.retries() > 0 && !invocation.action->idempotent) {
    return absl::InvalidArgumentError(absl::StrCat("--retries is for idempotent actions; ", invocation.plugin->name,
                                                   " ", invocation.action->name, " is not declared as one"));
  }
  if (dry_run) return ShowDryRun(context, spec, ddl::Redact(*invocation.action, invocation.inputs));
  ORCH_RETURN_IF_ERROR(context->ReconnectAfterAsking());
  context->RememberNextJob();
  if (context->options().rollout.async) {
    AsyncView view(context);
    return RunJob(context, spec, targets.named, &view);
  }
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<JobView> machine_view, MakeMachineView(context, invocation.subject()));
  HumanView columns(context, invocation);
  if (!context->options().columns.empty())
    human_view = &columns;  // the views of other commands show fields of their own
  ReplyChoice choice(context, machine_view == nullptr ? human_view : machine_view.get());
  return RunJob(context, spec, targets.named, &choice);
}

}  // namespace orch::cli

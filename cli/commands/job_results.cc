// The commands `orchctl job watch`, `replies` and `retry-failed`.
#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "actions/ddl/validate.h"
#include "base/status_macros.h"
#include "cli/commands/job_commands.h"
#include "cli/commands/run_invocation.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_spec.h"
#include "cli/jobs/job_view.h"
#include "cli/options/words.h"
#include "cli/session/input_source.h"
#include "cli/session/plugin_source.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/human_view.h"
#include "cli/views/job_record_text.h"
#include "cli/views/machine_view.h"
#include "cli/views/reply_choice.h"

namespace orch::cli {
namespace {

constexpr v1::TaskState kNotOk[] = {v1::FAILED,  v1::DENIED,  v1::TIMED_OUT,    v1::CANCELLED,
                                    v1::OFFLINE, v1::EXPIRED, v1::INDETERMINATE};

absl::StatusOr<std::vector<v1::TaskState>> ParseStates(absl::string_view text) {
  std::vector<v1::TaskState> states;
  for (const absl::string_view name : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
    v1::TaskState state;
    if (!v1::TaskState_Parse(absl::AsciiStrToUpper(name), &state) || state < v1::OK)
      return WrongOption(absl::StrCat("'", name, "' is no outcome of a task"));
    states.push_back(state);
  }
  if (states.empty()) return WrongOption("its value is empty");
  return states;
}

void AddStates(OptionTable* table, const char* help, std::vector<v1::TaskState>* states) {
  table->Add({{"--state"},
              "LIST",
              help,
              "Application Options",
              {"ok", "failed", "denied", "timed_out", "cancelled", "offline", "expired", "indeterminate"},
              false,
              [states](const std::string& text) -> absl::Status {
                ORCH_ASSIGN_OR_RETURN(const std::vector<v1::TaskState> more, ParseStates(text));
                states->insert(states->end(), more.begin(), more.end());
                return absl::OkStatus();
              }});
}

// Fetches every reply in one of `states` (all if empty), page by page.
absl::Status EachReply(HubClient* hub, const std::string& id, const std::vector<v1::TaskState>& states,
                       const std::function<void(const v1::Reply&)>& on_reply) {
  v1::ListRepliesRequest request;
  request.set_job_id(id);
  request.set_page_size(kRowsPerPage);
  for (const v1::TaskState state : states) request.add_states(state);
  do {
    ORCH_ASSIGN_OR_RETURN(const v1::ListRepliesResponse response, hub->ListReplies(request));
    for (const v1::Reply& reply : response.replies()) on_reply(reply);
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

class JobWatchCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_ASSIGN_OR_RETURN(const std::string id, JobIdOf(words, "job watch <job>"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(const v1::GetJobResponse response, FetchJob(context, id));
    const v1::Job& job = response.job();
    const Invocation invocation = InvocationOfJob(context, job.spec());
    ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<JobView> machine, MakeMachineView(context, invocation.subject()));
    HumanView human(context, invocation);
    ReplyChoice choice(context, machine == nullptr ? &human : machine.get());
    return WatchJob(context, job.job_id(), job.spec(), &choice);
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kJobs, words);
  }
};

class JobRepliesCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    AddStates(table, "Show only these states: ok, failed, denied, timed_out, cancelled, offline, expired, ...",
              &states_);
    table->Flag({"--failed"}, "Show only replies of nodes that did not succeed", "Application Options", &failed_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_ASSIGN_OR_RETURN(const std::string id, JobIdOf(words, "job replies <job>"));
    if (failed_ && !states_.empty()) return WrongOption("--failed and --state exclude each other; give one of them");
    if (failed_) states_ = {std::begin(kNotOk), std::end(kNotOk)};
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::GetJobResponse response, FetchJob(context, id));
    const v1::Job& job = response.job();
    const Invocation invocation = InvocationOfJob(context, job.spec());
    CommonOptions& options = context->options();
    if (options.display == DisplayMode::kDdl) options.display = DisplayMode::kAll;
    options.no_progress = true;
    options.quiet = true;  // nothing was run, so there is no discovery line and no statistics
    ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<JobView> machine, MakeMachineView(context, invocation.subject()));
    HumanView human(context, invocation);
    ReplyChoice choice(context, machine == nullptr ? &human : machine.get());
    JobView* const view = &choice;
    JobEnd end;
    end.accepted = true;
    end.start = {job.job_id(), job.targets()};
    end.started = absl::FromUnixMicros(job.created_us());
    end.total_time = absl::Microseconds(job.summary().elapsed_us());
    view->OnStart(end.start);
    size_t shown = 0;
    ORCH_RETURN_IF_ERROR(EachReply(hub, job.job_id(), states_, [&](const v1::Reply& reply) {
      const Answer answer = ToAnswer(reply);
      end.Count(answer);
      view->OnAnswer(answer);
      ++shown;
    }));
    view->OnEnd(end);
    if (shown == 0 && options.format == Format::kHuman) context->Note("No replies.\n");
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kJobs, words);
  }

 private:
  std::vector<v1::TaskState> states_;
  bool failed_ = false;
};

class JobRetryFailedCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    AddStates(table, "Select nodes by these states: failed, denied, timed_out, cancelled, offline, expired, ...",
              &states_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    constexpr char kUsage[] = "job retry-failed <job> [<key=val> ...]";
    ORCH_ASSIGN_OR_RETURN(const std::string id,
                          JobIdOf({words.begin(), words.begin() + (words.empty() ? 0 : 1)}, kUsage));
    if (std::find(states_.begin(), states_.end(), v1::OK) != states_.end())
      return WrongOption("option --state: 'ok' is no failure; 'orchctl invoke' runs the action again on all nodes");
    const bool timeout_given = context->options().timeout > absl::ZeroDuration();
    const absl::Duration timeout = context->options().timeout;
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::GetJobResponse response, FetchJob(context, id));
    const v1::Job& job = response.job();
    if (job.state() != v1::JOB_FINISHED) {
      return absl::FailedPreconditionError(absl::StrCat("job ", job.job_id(), " is still ", JobStateName(job.state()),
                                                        "; wait for its end, or cancel it first"));
    }
    ORCH_ASSIGN_OR_RETURN(auto plugin, FetchPlugin(context, job.spec().plugin()));
    ORCH_ASSIGN_OR_RETURN(const Invocation invocation, MakeRetryInvocation(context, std::move(plugin), job.spec(),
                                                                           {words.begin() + 1, words.end()}));
    size_t unsure = 0;
    ORCH_ASSIGN_OR_RETURN(const Targets targets, ChooseTargets(hub, job.job_id(), &unsure));
    if (targets.wire.identities().empty()) {
      context->Note(absl::StrCat("orchctl: job ", job.job_id(),
                                 states_.empty() ? " succeeded everywhere" : " has no node that ended so",
                                 "; nothing to do\n"));
      return kExitOk;
    }
    AdoptSpec(job.spec(), &context->options());
    if (timeout_given) context->options().timeout = timeout;
    if (unsure > 0 && invocation.action->impact == ddl::Impact::kChange && !invocation.action->idempotent) {
      context->Note(absl::StrCat("orchctl: on ", unsure, " of these nodes it is not known whether ",
                                 invocation.action->name, " has run; it may run a second time\n"));
    }
    HumanView view(context, invocation);
    return RunInvocation(context, invocation, targets, absl::StrCat("retry ", invocation.action->name), &view);
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kJobs, words);
  }

 private:
  // Chooses the nodes that did not succeed, or those of --state. `unsure` counts nodes on which the action may have
  // run.
  absl::StatusOr<Targets> ChooseTargets(HubClient* hub, const std::string& job_id, size_t* unsure) const {
    Targets targets;
    ORCH_RETURN_IF_ERROR(EachReply(hub, job_id, states_, [&](const v1::Reply& reply) {
      if (reply.state() == v1::OK) return;
      if (reply.state() == v1::INDETERMINATE || reply.state() == v1::TIMED_OUT) ++*unsure;
      targets.wire.add_identities(reply.identity());
    }));
    targets.wire.set_has_identities(true);
    targets.named = targets.restricted = true;
    return targets;
  }

  // Takes the job's inputs and replaces those that are given now. Inputs that were stored as *** must be given.
  static absl::StatusOr<Invocation> MakeRetryInvocation(Context* context, std::shared_ptr<const ddl::Plugin> plugin,
                                                        const v1::JobSpec& spec,
                                                        const std::vector<std::string>& words) {
    ORCH_ASSIGN_OR_RETURN(const ddl::Action* action, ddl::RequireAction(*plugin, spec.action()));
    ORCH_ASSIGN_OR_RETURN(Json inputs, ParseJsonObject(spec.inputs_json(), "inputs of the job"));
    ORCH_ASSIGN_OR_RETURN(Arguments arguments, SplitArguments(words));
    ORCH_RETURN_IF_ERROR(ReadSensitiveArguments(context, *action, &arguments));
    ORCH_ASSIGN_OR_RETURN(Json given, ddl::CoerceArguments(*action, arguments));
    ORCH_RETURN_IF_ERROR(AddInputFile(context, &given));
    std::vector<std::string> secrets;
    for (const auto& item : inputs.items()) {
      const ddl::Input* input = action->FindInput(item.key());
      if (input != nullptr && input->sensitive && !given.contains(item.key())) secrets.push_back(item.key());
    }
    for (const std::string& name : secrets) inputs.erase(name);
    inputs.update(given);
    ORCH_RETURN_IF_ERROR(AskAgain(context, *action, secrets, &inputs));
    ORCH_RETURN_IF_ERROR(ddl::ValidateInputs(*plugin, *action, inputs));
    Invocation invocation;
    invocation.plugin = std::move(plugin);
    invocation.action = action;
    invocation.inputs = std::move(inputs);
    return invocation;
  }
  static absl::Status AskAgain(Context* context, const ddl::Action& action, const std::vector<std::string>& secrets,
                               Json* inputs) {
    if (secrets.empty()) return absl::OkStatus();
    if (!context->CanAsk()) {
      return absl::FailedPreconditionError(
          absl::StrCat("the hub does not keep sensitive inputs; give them again: orchctl job retry-failed JOB ",
                       absl::StrJoin(secrets, "=@FILE "), "=@FILE"));
    }
    for (const std::string& name : secrets)
      ORCH_RETURN_IF_ERROR(AskForSensitiveInput(context, action, *action.FindInput(name), inputs));
    return absl::OkStatus();
  }

  std::vector<v1::TaskState> states_;
};

}  // namespace

std::unique_ptr<Command> MakeJobWatchCommand() { return std::make_unique<JobWatchCommand>(); }
std::unique_ptr<Command> MakeJobRepliesCommand() { return std::make_unique<JobRepliesCommand>(); }
std::unique_ptr<Command> MakeJobRetryFailedCommand() { return std::make_unique<JobRetryFailedCommand>(); }

}  // namespace orch::cli

#include "cli/commands/puppet_runall.h"

#include <poll.h>

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_spec.h"
#include "cli/jobs/job_text.h"
#include "cli/jobs/job_view.h"
#include "cli/terminal/interrupt.h"
#include "cli/views/dry_run.h"
#include "cli/views/machine_view.h"
#include "cli/views/puppet_views.h"

namespace orch::cli {
namespace {

// Returns the time as in the guide, "Tue Nov 15 11:17:11 -0800 2011> ", or as later, "2012-10-24 07:46:59: ".
class RunLog {
 public:
  RunLog(Context* context, bool puppetd) : context_(context), puppetd_(puppetd) {}
  bool puppetd() const { return puppetd_; }

  void Line(absl::string_view text) {
    if (context_->options().quiet || context_->options().format != Format::kHuman) return;
    const std::string time =
        absl::FormatTime(puppetd_ ? "%a %b %d %H:%M:%S %z %Y> " : "%Y-%m-%d %H:%M:%S: ", context_->env().clock->Now(),
                         absl::LocalTimeZone());
    context_->Print(absl::StrCat(time, text, "\n"));
    context_->env().out->Push();
  }

 private:
  Context* const context_;
  const bool puppetd_;
};

// Prints what the hub's window does.
class RunAllView final : public JobView {
 public:
  RunAllView(Context* context, RunLog* log, uint32_t concurrency)
      : context_(context), log_(log), concurrency_(concurrency) {}

  void OnStart(const JobStart& start) override {
    targets_ = start.targets;
    if (log_->puppetd()) log_->Line(absl::StrCat("Found ", start.targets, " hosts"));
  }

  void OnTask(const v1::TaskProgress& progress) override {
    const std::string& node = progress.identity();
    if (progress.state() == v1::SENT) Sent(node);
    if (progress.state() == v1::RUNNING) Started(node);
  }

  bool OnAnswer(const Answer& answer) override {
    const std::string node = Printable(answer.identity);
    const std::string message = Printable(answer.message);
    if (seen_.count(answer.identity) == 0 && NotSent(answer)) {
      log_->Line(absl::StrCat(node, " was not run: ", message));
      return true;
    }
    Sent(answer.identity);
    if (!answer.missing()) ++done_;
    if (scheduled_.insert(answer.identity).second) {
      log_->Line(absl::StrCat(node, " schedule status: ", message.empty() ? "no answer" : message));
    } else if (!answer.ok()) {
      log_->Line(absl::StrCat(node, " failed: ", message));
    } else if (!log_->puppetd() || context_->options().verbose) {
      log_->Line(absl::StrCat(node, " finished: ", Printable(SummaryOf(answer.data))));
    }
    running_.erase(answer.identity);
    return true;
  }

  void OnProgress(size_t, size_t targets) override { targets_ = targets; }

  void OnEnd(const JobEnd& end) override {
    if (end.asked() == 0 && end.error.ok()) {
      context_->Note(kNoNodesNote);
    }
    if (!context_->options().quiet) {
      context_->Print(FinishedLine(done_, end.asked(), end.total_time, context_->style()));
    }
    const std::string missing = MissingText(end, context_->style());
    if (!missing.empty()) context_->Print(absl::StrCat("\n", missing));
    context_->Note(CutShortText(end));
  }

 private:
  void Sent(const std::string& node) {
    if (!seen_.insert(node).second) return;
    if (log_->puppetd()) {
      log_->Line(absl::StrCat("Running ", Printable(node), ", concurrency is ", Running(concurrency_ - 1)));
    }
    running_.insert(node);
  }

  void Started(const std::string& node) {
    Sent(node);
    if (!scheduled_.insert(node).second) return;
    log_->Line(absl::StrCat(Printable(node), " schedule status: OK"));
    if (running_.size() >= concurrency_ && seen_.size() < targets_) {
      log_->Line(absl::StrCat("Currently ", Running(concurrency_), " nodes running; waiting"));
    }
  }

  // The hub frees a node's place when it has the outcome, but reports the outcome only after storing it, so the
  // progress of the next node can arrive first. The window never exceeds its limit, so the excess nodes have ended.
  size_t Running(size_t at_most) const { return std::min(running_.size(), at_most); }

  // The node never got its turn.
  static bool NotSent(const Answer& answer) {
    return answer.state == v1::CANCELLED || answer.state == v1::EXPIRED || answer.state == v1::OFFLINE ||
           answer.state == v1::DENIED;
  }

  static std::string SummaryOf(const Json& data) {
    for (const char* key : {"summary", "output"}) {
      const auto found = data.find(key);
      if (found != data.end() && found->is_string()) return found->get<std::string>();
    }
    return "OK";
  }

  Context* const context_;
  RunLog* const log_;
  const size_t concurrency_;
  size_t targets_ = 0;
  size_t done_ = 0;                  // number of nodes that got their turn and answered
  std::set<std::string> seen_;       // nodes that got their turn
  std::set<std::string> scheduled_;  // nodes whose start, or refusal, was printed
  std::set<std::string> running_;    // nodes that got their turn; their end may be reported late
};

// Collects the nodes on which Puppet is enabled; nodes that do not answer are named at the end.
class EnabledView final : public JobView {
 public:
  void OnStart(const JobStart&) override {}
  bool OnAnswer(const Answer& answer) override {
    if (!answer.ok()) {
      unknown.push_back(answer.identity);
    } else if (answer.data.value("enabled", false)) {
      enabled.push_back(answer.identity);
    }
    return true;
  }
  void OnProgress(size_t, size_t) override {}
  void OnEnd(const JobEnd& last) override { end = last; }

  std::vector<std::string> enabled;
  std::vector<std::string> unknown;
  JobEnd end;
};

class RunAllRounds {
 public:
  RunAllRounds(Context* context, const Invocation& run, const RunAllOrder& order)
      : context_(context), run_(run), order_(order), log_(context, IsPuppetd(run)) {}

  absl::StatusOr<int> Once() {
    if (context_->options().dry_run) return DryRun();
    log_.Line(absl::StrCat(log_.puppetd() ? "Running all machines" : "Running all nodes", " with a concurrency of ",
                           order_.concurrency));
    log_.Line(log_.puppetd() ? "Discovering hosts to run" : "Discovering enabled Puppet nodes to manage");
    ORCH_ASSIGN_OR_RETURN(Targets targets, context_->MakeTargets());
    int discovered = kExitOk;
    if (!log_.puppetd()) {
      ORCH_ASSIGN_OR_RETURN(discovered, KeepEnabled(&targets));
      if (discovered == kExitInterrupted || targets.wire.identities().empty()) return discovered;
    }
    v1::JobSpec spec = Spec(targets);
    spec.set_report_progress(true);
    if (spec.timeout_ms() == 0) spec.set_timeout_ms(absl::ToInt64Milliseconds(kRunAllTimeout));
    ORCH_ASSIGN_OR_RETURN(const auto machine_view, MakeMachineView(context_, run_.subject()));
    RunAllView view(context_, &log_, order_.concurrency);
    context_->RememberNextJob();
    ORCH_ASSIGN_OR_RETURN(const int code,
                          RunJob(context_, spec, targets.named, machine_view == nullptr ? &view : machine_view.get()));
    return std::max(code, discovered);
  }

 private:
  v1::JobSpec Spec(const Targets& targets) const {
    v1::JobSpec spec = MakeSpec(context_->options(), targets, run_.plugin->name, run_.action->name);
    spec.add_ddl_sha256(run_.plugin->sha256);
    spec.set_inputs_json(DumpJson(run_.inputs));
    spec.set_concurrency(order_.concurrency);
    return spec;
  }
  // Does not ask the nodes whether Puppet is enabled.
  absl::StatusOr<int> DryRun() {
    ORCH_ASSIGN_OR_RETURN(const Targets targets, context_->MakeTargets());
    if (!log_.puppetd()) context_->Note("orchctl: nodes where Puppet is disabled are left out when it runs\n");
    return ShowDryRun(context_, Spec(targets), run_.inputs);
  }
  // Keeps only the nodes on which Puppet is enabled. A filter with puppet().enabled would find them too, but only as
  // their turns come, so their number would be unknown.
  absl::StatusOr<int> KeepEnabled(Targets* targets) {
    CommonOptions options = context_->options();
    options.rollout = RolloutOptions();  // a lock and the like apply to the run only
    v1::JobSpec spec = MakeSpec(options, *targets, run_.plugin->name, "status");
    spec.add_ddl_sha256(run_.plugin->sha256);
    spec.clear_timeout_ms();
    spec.clear_max_failures();
    spec.clear_max_failures_percent();
    EnabledView view;
    ORCH_ASSIGN_OR_RETURN(int code, RunJob(context_, spec, targets->named, &view));
    if (code == kExitInterrupted) return code;
    std::vector<std::string> unknown = view.unknown;
    unknown.insert(unknown.end(), view.end.silent.begin(), view.end.silent.end());
    unknown.insert(unknown.end(), view.end.start.unknown.begin(), view.end.start.unknown.end());
    std::sort(view.enabled.begin(), view.enabled.end());
    log_.Line(absl::StrCat("Found ", view.enabled.size(), " enabled node", view.enabled.size() == 1 ? "" : "s"));
    for (const std::string& node : unknown) {
      context_->Note(absl::StrCat("orchctl: ", Printable(node), " does not say whether Puppet is enabled; left out\n"));
    }
    context_->Note(CutShortText(view.end));
    targets->wire.clear_filter();
    targets->wire.set_limit(0);
    targets->wire.set_limit_percent(0);
    targets->wire.set_has_identities(true);
    targets->wire.clear_identities();
    for (const std::string& node : view.enabled) targets->wire.add_identities(node);
    if (view.enabled.empty() && code == kExitOk) code = kExitError;
    return code;
  }

  Context* const context_;
  const Invocation& run_;
  const RunAllOrder& order_;
  RunLog log_;
};

// Returns false if the pause was interrupted.
bool Pause(Context* context, absl::Duration time) {
  Interrupt* interrupt = context->env().interrupt;
  if (interrupt != nullptr) interrupt->CatchSigint();
  struct pollfd watched = {interrupt == nullptr ? -1 : interrupt->fd(), POLLIN, 0};
  poll(&watched, 1, static_cast<int>(std::max<int64_t>(0, absl::ToInt64Milliseconds(time))));
  return interrupt == nullptr || !interrupt->raised();
}

}  // namespace

absl::StatusOr<int> RunPuppetOnAll(Context* context, const Invocation& run, const RunAllOrder& order) {
  RunAllRounds rounds(context, run, order);
  for (;;) {
    const absl::Duration begin = context->env().clock->Steady();
    ORCH_ASSIGN_OR_RETURN(const int code, rounds.Once());
    if (order.rerun == absl::ZeroDuration() || context->options().dry_run || code == kExitInterrupted) return code;
    if (!Pause(context, begin + order.rerun - context->env().clock->Steady())) return kExitInterrupted;
  }
}

}  // namespace orch::cli

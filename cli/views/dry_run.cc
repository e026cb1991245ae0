#include "cli/views/dry_run.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/duration_text.h"
#include "base/status_macros.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/style.h"
#include "cli/terminal/value_text.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

constexpr size_t kShownNames = 100;  // in the human format; --json prints all

struct Plan {
  std::vector<std::string> targets;  // sorted by name, in the order in which the hub releases them
  std::vector<std::string> away;     // known nodes that match and are not connected; with --queue they are targets too
  std::vector<std::string> unknown;
  v1::JobAccepted rules;      // what the hub's rules say of it
  bool nodes_decide = false;  // whether the filter has data functions; then `targets` are the nodes that could match
};

struct Wave {
  const char* kind;
  size_t begin;
  size_t end;
};

// Returns the filter's options without those that only nodes can decide, and one for the plugin that a target must
// have.
absl::StatusOr<v1::Target> TargetOf(const v1::JobSpec& spec, bool* nodes_decide) {
  v1::Target target = spec.target();
  target.mutable_filter()->clear_options();
  for (const v1::FilterOption& option : spec.target().filter().options()) {
    const filter::Option one{static_cast<filter::OptionKind>(option.kind()), option.text()};
    ORCH_ASSIGN_OR_RETURN(const filter::Filter parsed, filter::Filter::Parse({&one, 1}));
    if (parsed.has_data_functions()) {
      *nodes_decide = true;
    } else {
      *target.mutable_filter()->add_options() = option;
    }
  }
  v1::FilterOption* const plugin = target.mutable_filter()->add_options();
  plugin->set_kind(v1::FilterOption::PLUGIN);
  plugin->set_text(spec.plugin());
  return target;
}

// Asks the hub what its rules say of the job; the hub runs nothing.
absl::Status AskRules(HubClient* hub, const v1::JobSpec& spec, v1::JobAccepted* rules) {
  v1::InvokeRequest request;
  *request.mutable_spec() = spec;
  request.mutable_spec()->set_dry_run(true);
  const StreamEnd end =
      hub->Invoke(request, [rules](const v1::InvokeResponse& response, const HubClient::SetDeadline&) {
        if (response.has_accepted()) *rules = response.accepted();
        return true;
      });
  if (end.interrupted) return WithExitCode(absl::CancelledError("interrupted; nothing was sent"), kExitInterrupted);
  return end.status;
}

absl::StatusOr<Plan> MakePlan(Context* context, const v1::JobSpec& spec) {
  Plan plan;
  ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
  v1::FindNodesRequest request;
  ORCH_ASSIGN_OR_RETURN(*request.mutable_target(), TargetOf(spec, &plan.nodes_decide));
  const auto find = [&](bool with_away, std::vector<std::string>* names) -> absl::Status {
    request.set_include_disconnected(with_away);
    plan.unknown.clear();
    const StreamEnd end = hub->FindNodes(request, [&](const v1::FindNodesResponse& part) {
      names->insert(names->end(), part.identities().begin(), part.identities().end());
      plan.unknown.insert(plan.unknown.end(), part.unknown_identities().begin(), part.unknown_identities().end());
      return true;
    });
    if (end.interrupted) return WithExitCode(absl::CancelledError("interrupted; nothing was sent"), kExitInterrupted);
    std::sort(names->begin(), names->end());
    return end.status;
  };
  ORCH_RETURN_IF_ERROR(find(false, &plan.targets));
  std::vector<std::string> all;
  ORCH_RETURN_IF_ERROR(find(true, &all));
  const std::set<std::string> here(plan.targets.begin(), plan.targets.end());
  // With a limit, nodes that are away are not listed, because counting them would change the choice.
  const bool limited = request.target().limit() > 0 || request.target().limit_percent() > 0;
  for (const std::string& name : all) {
    if (here.count(name) == 0 && !limited) plan.away.push_back(name);
  }
  if (spec.queue_offline()) plan.targets = std::move(all);
  ORCH_RETURN_IF_ERROR(AskRules(hub, spec, &plan.rules));
  return plan;
}

size_t ShareOfTargets(uint32_t count, uint32_t percent, size_t targets) {
  return percent > 0 ? std::max<size_t>(1, (targets * percent + 99) / 100) : count;
}

std::vector<Wave> WavesOf(const v1::JobSpec& spec, size_t targets) {
  std::vector<Wave> waves;
  size_t begin = 0;
  if (spec.canary() > 0 && spec.canary() < targets) {
    waves.push_back({"canary", 0, spec.canary()});
    begin = spec.canary();
  }
  const size_t batch = ShareOfTargets(spec.batch_size(), spec.batch_percent(), targets);
  for (; begin < targets; begin = waves.back().end) {
    const size_t end = batch > 0 ? std::min(targets, begin + batch) : targets;
    waves.push_back({batch > 0 ? "batch" : waves.empty() ? "all" : "rest", begin, end});
  }
  return waves;
}

std::vector<std::string> LimitsOf(const v1::JobSpec& spec, size_t targets) {
  std::vector<std::string> limits;
  const auto amount = [&](const char* before, uint32_t count, uint32_t percent, const char* after) {
    if (const size_t number = ShareOfTargets(count, percent, targets); number > 0)
      limits.push_back(absl::StrCat(before, number, after));
  };
  const auto time = [&](const char* before, int64_t ms, const char* after) {
    if (ms > 0) limits.push_back(absl::StrCat(before, DurationText(absl::Milliseconds(ms)), after));
  };
  if (spec.canary() > 0 && spec.canary() < targets) {
    limits.push_back(spec.canary_continue() ? "the others follow when all of the canary succeeded"
                                            : "after the canary the job waits for 'orchctl job resume'");
  }
  time("", spec.batch_sleep_ms(), " between batches");
  amount("at most ", spec.concurrency(), spec.concurrency_percent(), " nodes at work at once");
  if (spec.group_concurrency() > 0)
    limits.push_back(
        absl::StrCat("at most ", spec.group_concurrency(), " nodes with the same ", spec.group_by(), " at once"));
  if (spec.groups_at_once() > 0)
    limits.push_back(absl::StrCat("at most ", spec.groups_at_once(), " values of ", spec.group_by(), " at once"));
  amount("no more nodes after ", spec.max_failures(), spec.max_failures_percent(), " that did not succeed");
  if (spec.retries() > 0)
    limits.push_back(absl::StrCat("tried again where it failed, up to ", spec.retries(), " times"));
  time("each node waits up to ", spec.splay_ms(), " of its own");
  if (spec.queue_offline()) time("nodes that are away get it when they come within ", spec.ttl_ms(), "");
  if (!spec.lock().empty()) limits.push_back(absl::StrCat("holds the lock ", spec.lock()));
  if (spec.target().limit_random() && spec.target().limit_seed() == 0)
    limits.push_back("the random choice is made anew when it runs; --limit-seed makes it the same");
  return limits;
}

std::string NamesText(const std::vector<std::string>& names, size_t begin, size_t end) {
  std::string text;
  for (size_t i = begin; i < end && i < begin + kShownNames; ++i)
    absl::StrAppend(&text, "    ", Printable(names[i]), "\n");
  if (end > begin + kShownNames)
    absl::StrAppend(&text, "    and ", end - begin - kShownNames, " more; --json lists all\n");
  return text;
}

std::string PlanText(const v1::JobSpec& spec, const Json& inputs, const Plan& plan) {
  const size_t count = plan.targets.size();
  std::string text = absl::StrCat("Dry run: ", Printable(spec.plugin()), " ", Printable(spec.action()), " would go to ",
                                  plan.nodes_decide ? "those that match of " : "", count,
                                  count == 1 ? " node" : " nodes", "; nothing is sent\n");
  if (!inputs.empty()) absl::StrAppend(&text, "Inputs: ", InlineValue(inputs), "\n");
  const std::vector<Wave> waves = WavesOf(spec, count);
  for (size_t i = 0; i < waves.size(); ++i) {
    const size_t size = waves[i].end - waves[i].begin;
    absl::StrAppend(&text,
                    waves.size() > 1 ? absl::StrCat("\nWave ", i + 1, ", ", waves[i].kind, ", ", size,
                                                    size == 1 ? " node:\n" : " nodes:\n")
                                     : "\nNodes:\n",
                    NamesText(plan.targets, waves[i].begin, waves[i].end));
  }
  if (!plan.away.empty())
    absl::StrAppend(&text, "\nKnown, but not connected:\n", NamesText(plan.away, 0, plan.away.size()));
  if (!plan.unknown.empty())
    absl::StrAppend(&text, "\nNever seen by the hub:\n", NamesText(plan.unknown, 0, plan.unknown.size()));
  if (plan.rules.denied() > 0) {
    absl::StrAppend(&text, "\nDenied by the hub's rules, ", plan.rules.denied(), ":\n");
    for (const v1::Denial& denial : plan.rules.denials()) {
      absl::StrAppend(&text, "    ", Printable(denial.identity()), ": ", Printable(denial.reason()), "\n");
    }
  }
  for (const std::string& condition : plan.rules.conditions()) {
    absl::StrAppend(&text, "* by the hub's rules: ", Printable(condition), "\n");
  }
  for (const std::string& limit : LimitsOf(spec, count)) absl::StrAppend(&text, "* ", Printable(limit), "\n");
  if (plan.nodes_decide) text += "* data functions of the filter are answered by the nodes: fewer may match\n";
  return text;
}

Json PlanJson(const v1::JobSpec& spec, const Json& inputs, const Plan& plan) {
  Json waves = Json::array();
  for (const Wave& wave : WavesOf(spec, plan.targets.size())) {
    waves.push_back(
        {{"kind", wave.kind},
         {"nodes", std::vector<std::string>(plan.targets.begin() + static_cast<std::ptrdiff_t>(wave.begin),
                                            plan.targets.begin() + static_cast<std::ptrdiff_t>(wave.end))}});
  }
  Json denied = Json::array();
  for (const v1::Denial& denial : plan.rules.denials()) {
    denied.push_back({{"node", denial.identity()}, {"rule", denial.rule()}, {"reason", denial.reason()}});
  }
  const auto& conditions = plan.rules.conditions();
  return {{"dry_run", true},
          {"agent", spec.plugin()},
          {"denied", denied},
          {"approvals_needed", plan.rules.approvals_needed()},
          {"conditions", std::vector<std::string>(conditions.begin(), conditions.end())},
          {"action", spec.action()},
          {"inputs", inputs},
          {"targets", plan.targets},
          {"offline", plan.away},
          {"unknown", plan.unknown},
          {"nodes_decide", plan.nodes_decide},
          {"waves", std::move(waves)},
          {"limits", LimitsOf(spec, plan.targets.size())}};
}

}  // namespace

absl::StatusOr<int> ShowDryRun(Context* context, const v1::JobSpec& spec, const Json& inputs) {
  ORCH_ASSIGN_OR_RETURN(const Plan plan, MakePlan(context, spec));
  switch (context->options().format) {
    case Format::kJson:
    case Format::kJsonArray:
    case Format::kJsonLines:
      context->Print(JsonText(PlanJson(spec, inputs, plan),
                              context->env().out_is_terminal && context->options().format != Format::kJsonLines));
      break;
    case Format::kSenders:
      for (const std::string& name : plan.targets) context->Print(absl::StrCat(Printable(name), "\n"));
      break;
    default:
      context->Print(PlanText(spec, inputs, plan));
  }
  return plan.targets.empty() ? kExitError : kExitOk;
}

}  // namespace orch::cli

#include "services/hub/jobs/invocation.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "services/hub/nodes/away.h"

namespace orch::hub {
namespace {

// Who goes first is then the same each time.
bool HasRollout(const v1::JobSpec& spec) {
  return spec.batch_size() > 0 || spec.batch_percent() > 0 || spec.concurrency() > 0 ||
         spec.concurrency_percent() > 0 || spec.max_failures() > 0 || spec.max_failures_percent() > 0 ||
         spec.canary() > 0 || !spec.group_by().empty();
}

// The group of each target by the value of that fact; those without it are one more.
absl::StatusOr<std::vector<uint32_t>> GroupsOf(const std::string& fact, const FactSnapshot& facts,
                                               const std::vector<Slot>& targets, StepBudget* budget) {
  SlotSet nodes(facts.names().slots());
  for (const Slot slot : targets) nodes.Insert(slot);
  ORCH_ASSIGN_OR_RETURN(const FactSnapshot::FactCounts counts, facts.CountFact(fact, nodes, budget));
  std::vector<uint32_t> group_of(facts.names().slots(), 0);  // 0: without the fact
  uint32_t next = 1;
  for (const FactSnapshot::FactValue& value : counts.values) {
    for (const Slot slot : value.slots) group_of[slot] = next;
    ++next;
  }
  // Numbered by first appearance, so that groups begin in the order of their first node.
  std::vector<uint32_t> number(next, next), groups;
  uint32_t used = 0;
  for (const Slot slot : targets) {
    uint32_t& group = number[group_of[slot]];
    if (group == next) group = used++;
    groups.push_back(group);
  }
  return groups;
}

// A smaller window or batch that was asked for stays.
void LimitConcurrency(uint32_t most, size_t targets, v1::JobSpec* spec) {
  const auto amount = [targets](uint32_t count, uint32_t percent) {
    return count > 0 ? count : static_cast<uint32_t>((targets * percent + 99) / 100);
  };
  if (spec->batch_size() > 0 || spec->batch_percent() > 0) {
    spec->set_batch_size(std::min(most, amount(spec->batch_size(), spec->batch_percent())));
    spec->clear_batch_percent();
    return;
  }
  const uint32_t asked = amount(spec->concurrency(), spec->concurrency_percent());
  spec->set_concurrency(asked == 0 ? most : std::min(most, asked));
  spec->clear_concurrency_percent();
}

SlotSet SlotsOf(const FleetSnapshot& fleet, const Chosen& targets) {
  SlotSet slots(fleet.facts.names().slots());
  for (const Slot slot : targets.nodes) slots.Insert(slot);
  return slots;
}

}  // namespace

absl::Status Invocation::Read(Random* random, ColumnNames* names) {
  if (!read_) {
    ORCH_ASSIGN_OR_RETURN(query_, ParseTarget(spec_.target(), random));
    ORCH_ASSIGN_OR_RETURN(inputs_, ParseJsonObject(spec_.inputs_json(), "spec.inputs_json"));
    ORCH_ASSIGN_OR_RETURN(access_, JobAccess::Begin(access_control_, caller_, spec_, inputs_));
    Restrict(access_->visible(), &query_);
    access_->AddColumns(&query_.columns);
    ORCH_RETURN_IF_ERROR(query_.columns.Check());
    read_ = true;
  }
  *names = query_.columns;
  if (!spec_.group_by().empty()) names->AddPath(spec_.group_by());
  return absl::OkStatus();
}

absl::Status Invocation::Plan(const FleetSnapshot& fleet, const Clock& clock, StepBudget* budget) {
  ORCH_ASSIGN_OR_RETURN(Chosen targets, ChooseTargets(fleet, budget));
  ORCH_ASSIGN_OR_RETURN(const DdlChoice::Chosen ddl, ddls_.Resolve(SlotsOf(fleet, targets), inputs_));
  ORCH_RETURN_IF_ERROR(BuildRequest(fleet, std::move(targets), ddl, budget));
  request_.discovery = clock.Steady() - begin_;
  return absl::OkStatus();
}

absl::StatusOr<Chosen> Invocation::ChooseTargets(const FleetSnapshot& fleet, StepBudget* budget) const {
  ChooseOptions options;
  options.plugin = spec_.plugin();
  options.named_disconnected = true;
  options.include_disconnected = spec_.queue_offline();
  options.sorted = HasRollout(spec_);
  return Choose(query_, fleet, options, budget);
}

absl::Status Invocation::BuildRequest(const FleetSnapshot& fleet, Chosen targets, const DdlChoice::Chosen& ddl,
                                      StepBudget* budget) {
  request_ = JobRequest();
  request_.spec = spec_;
  if (spec_.inputs_json().empty()) request_.spec.set_inputs_json("{}");
  request_.spec.clear_ddl_sha256();
  for (const std::string& sha256 : ddl.sha256s) request_.spec.add_ddl_sha256(sha256);
  request_.caller = caller_.id;
  const Json redacted = ddls_.Redact(inputs_);
  request_.redacted_inputs = DumpJson(redacted);
  request_.inputs_withheld = redacted != inputs_;
  // A job that changes nothing and that nobody wants to keep is not worth a write.
  request_.recorded = ddl.action->impact != ddl::Impact::kRead || spec_.record() || spec_.queue_offline() ||
                      !spec_.idempotency_key().empty();
  const absl::Duration asked = absl::Milliseconds(spec_.timeout_ms());
  request_.run_limit = spec_.timeout_ms() > 0 ? asked : ddl.plugin->TimeoutOf(*ddl.action);
  request_.deadline = spec_.timeout_ms() > 0 ? asked : request_.run_limit + kDeadlineGrace;
  request_.deadline += absl::Milliseconds(spec_.splay_ms());
  ORCH_RETURN_IF_ERROR(ApplyRules(fleet, targets, ddl.action->impact != ddl::Impact::kRead, budget));
  return SetTargets(fleet, std::move(targets), budget);
}

absl::Status Invocation::ApplyRules(const FleetSnapshot& fleet, const Chosen& targets, bool changes,
                                    StepBudget* budget) {
  ORCH_ASSIGN_OR_RETURN(decision_,
                        access_->Decide(spec_, fleet.facts, targets.nodes, targets.visible.size(), changes, budget));
  for (const JobDecision::Denied& denied : decision_.denied) {
    request_.denied.push_back({denied.target, denied.rule, denied.why});
  }
  if (decision_.concurrency > 0) LimitConcurrency(decision_.concurrency, targets.nodes.size(), &request_.spec);
  request_.conditions = decision_.conditions;
  // What nobody may run needs no approval.
  if (decision_.denied.size() == targets.nodes.size()) return absl::OkStatus();
  request_.approvals_needed = decision_.approvals;
  request_.recorded = request_.recorded || decision_.approvals > 0;
  return absl::OkStatus();
}

absl::Status Invocation::SetTargets(const FleetSnapshot& fleet, Chosen targets, StepBudget* budget) {
  const NodeNames& names = fleet.facts.names();
  if (!spec_.group_by().empty()) {
    ORCH_ASSIGN_OR_RETURN(request_.groups, GroupsOf(spec_.group_by(), fleet.facts, targets.nodes, budget));
  }
  ORCH_ASSIGN_OR_RETURN(request_.away, FindAway(query_, fleet, spec_.plugin(), targets.nodes, budget));
  request_.suggestions = SuggestIdentities(targets.unknown, names, targets.visible);
  request_.may_decline = WhenMayDecline(query_);
  request_.chosen_at = fleet.change;
  request_.targets.reserve(targets.nodes.size());
  for (const Slot slot : targets.nodes) request_.targets.push_back(names.identity(slot));
  request_.unknown = std::move(targets.unknown);
  request_.disconnected = std::move(targets.disconnected);
  if (!spec_.queue_offline()) return absl::OkStatus();
  request_.disconnected.clear();  // every queued node counts, not only those that were asked for by name
  for (const Slot slot : targets.nodes) {
    if (!fleet.attached.contains(slot)) request_.disconnected.push_back(names.identity(slot));
  }
  return absl::OkStatus();
}

}  // namespace orch::hub

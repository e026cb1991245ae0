#include "services/hub/jobs/invocation.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "base/config_file.h"
#include "base/status_macros.h"
#include "services/hub/nodes/away.h"

namespace orch::hub {
namespace {

// To a caller of the hub a missing input is a wrong argument like any other.
absl::Status AsArgumentError(const absl::Status& status) {
  if (status.ok() || status.code() != absl::StatusCode::kFailedPrecondition) return status;
  return absl::InvalidArgumentError(status.message());
}

// Who goes first is then the same each time.
bool HasRollout(const v1::JobSpec& spec) {
  return spec.batch_size() > 0 || spec.batch_percent() > 0 || spec.concurrency() > 0 ||
         spec.concurrency_percent() > 0 || spec.max_failures() > 0 || spec.max_failures_percent() > 0 ||
         spec.canary() > 0 || !spec.group_by().empty();
}

bool MayRepeat(const ddl::Action& action) { return action.idempotent || action.impact == ddl::Impact::kRead; }

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

}  // namespace

absl::Status NoSuchPlugin(absl::string_view plugin, const DdlCache& ddls) {
  const std::vector<std::string> names = ddls.Names();
  if (names.empty()) {
    return absl::NotFoundError(absl::StrCat("no node has plugin ", plugin, ": no node has announced any plugin yet"));
  }
  const std::string nearest = NearestWord(plugin, names);
  return absl::NotFoundError(absl::StrCat("no node has plugin ", plugin,
                                          nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?"),
                                          " (orchctl plugin list shows all)"));
}

absl::Status Invocation::Read(Random* random, ColumnNames* names) {
  if (!read_) {
    ORCH_ASSIGN_OR_RETURN(query_, ParseTarget(spec_.target(), random));
    ORCH_ASSIGN_OR_RETURN(inputs_, ParseJsonObject(spec_.inputs_json(), "spec.inputs_json"));
    read_ = true;
  }
  *names = query_.columns;
  if (!spec_.group_by().empty()) names->AddPath(spec_.group_by());
  return absl::OkStatus();
}

absl::Status Invocation::TakeDdls(const DdlCache& ddls) {
  const std::vector<const DdlCache::Entry*> entries = ddls.Named(spec_.plugin());
  if (entries.empty()) return NoSuchPlugin(spec_.plugin(), ddls);
  ddls_.clear();
  if (spec_.ddl_sha256_size() > 0) {
    const DdlCache::Entry* const asked = ddls.Find(spec_.plugin(), spec_.ddl_sha256(0));
    if (asked == nullptr) {
      return absl::FailedPreconditionError(
          absl::StrCat("the inputs were checked against a description (DDL) of plugin ", spec_.plugin(),
                       " that no node announces any more; fetch it again (GetPlugin) and repeat the call"));
    }
    ddls_.push_back(*asked);
  }
  for (const DdlCache::Entry* entry : entries) {
    if (ddls_.size() >= kMaxDdlsOfJob) break;
    if (ddls_.empty() || entry->sha256 != ddls_.front().sha256) ddls_.push_back(*entry);
  }
  sensitive_ = ddls.SensitiveInputs(spec_.plugin(), spec_.action());
  return absl::OkStatus();
}

absl::StatusOr<const DdlCache::Entry*> Invocation::ChooseDdl(const SlotSet& targets) const {
  const DdlCache::Entry* best = &ddls_.front();
  size_t most = 0;
  for (const DdlCache::Entry& entry : ddls_) {
    if (spec_.ddl_sha256_size() > 0) break;
    SlotSet announcers = entry.announcers;
    announcers.Intersect(targets);
    const size_t count = announcers.size();
    if (count > most) best = &entry;
    most = std::max(most, count);
  }
  if (best->plugin == nullptr && !best->problem.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("plugin ", best->name, ": its DDL cannot be used: ", best->problem));
  }
  return best;
}

absl::Status Invocation::CheckInputs(const ddl::Plugin& plugin, const ddl::Action& action) const {
  Json inputs = inputs_;
  ddl::FillInputDefaults(action, &inputs);
  return AsArgumentError(ddl::ValidateInputs(plugin, action, inputs));
}

bool Invocation::MayGoBy(const DdlCache::Entry& other, const ddl::Action& action) const {
  if (other.plugin == nullptr || other.nodes == 0) return false;
  const ddl::Action* const theirs = other.plugin->FindAction(spec_.action());
  if (theirs == nullptr) return false;
  if (action.impact == ddl::Impact::kRead && theirs->impact != ddl::Impact::kRead) return false;
  if (spec_.retries() > 0 && !MayRepeat(*theirs)) return false;
  return CheckInputs(*other.plugin, *theirs).ok();
}

absl::Status Invocation::Plan(const FleetSnapshot& fleet, const Clock& clock, StepBudget* budget) {
  awaited_.clear();
  request_ = JobRequest();
  ChooseOptions options;
  options.plugin = spec_.plugin();
  options.named_disconnected = true;
  options.include_disconnected = spec_.queue_offline();
  options.sorted = HasRollout(spec_);
  ORCH_ASSIGN_OR_RETURN(Chosen chosen, Choose(query_, fleet, options, budget));
  SlotSet targets(fleet.facts.names().slots());
  for (const Slot slot : chosen.nodes) targets.Insert(slot);
  ORCH_ASSIGN_OR_RETURN(const DdlCache::Entry* entry, ChooseDdl(targets));
  if (entry->plugin == nullptr) {
    awaited_ = entry->sha256;
    return absl::UnavailableError(
        absl::StrCat("the DDL of plugin ", entry->name, " has not come from its nodes yet; try again shortly"));
  }
  const ddl::Plugin& plugin = *entry->plugin;
  ORCH_ASSIGN_OR_RETURN(const ddl::Action* action, ddl::RequireAction(plugin, spec_.action()));
  if (spec_.retries() > 0 && !MayRepeat(*action)) {
    return absl::InvalidArgumentError(absl::StrCat("spec.retries: ", plugin.name, ".", action->name,
                                                   " is not idempotent by its DDL, so it is never repeated by itself; "
                                                   "leave retries out"));
  }
  ORCH_RETURN_IF_ERROR(CheckInputs(plugin, *action));
  if (!spec_.group_by().empty()) {
    ORCH_ASSIGN_OR_RETURN(request_.groups, GroupsOf(spec_.group_by(), fleet.facts, chosen.nodes, budget));
  }
  request_.spec = spec_;
  request_.spec.clear_ddl_sha256();
  request_.spec.add_ddl_sha256(entry->sha256);
  for (const DdlCache::Entry& other : ddls_) {
    if (&other != entry && MayGoBy(other, *action)) request_.spec.add_ddl_sha256(other.sha256);
  }
  ORCH_ASSIGN_OR_RETURN(request_.away, FindAway(query_, fleet, spec_.plugin(), chosen.nodes, budget));
  request_.suggestions = SuggestIdentities(chosen.unknown, fleet.facts.names(), fleet.facts.live());
  FillRequest(fleet, std::move(chosen), plugin, *action);
  request_.discovery = clock.Steady() - begin_;
  return absl::OkStatus();
}

Json Invocation::Redacted() const {
  Json redacted = inputs_;
  for (const std::string& name : sensitive_) {
    if (redacted.contains(name)) redacted[name] = "***";
  }
  return redacted;
}

void Invocation::FillRequest(const FleetSnapshot& fleet, Chosen chosen, const ddl::Plugin& plugin,
                             const ddl::Action& action) {
  const NodeNames& names = fleet.facts.names();
  const Json redacted = Redacted();
  request_.redacted_inputs = DumpJson(redacted);
  request_.inputs_withheld = redacted != inputs_;
  // What changes nothing and nobody wants to keep is not worth a write.
  request_.recorded = action.impact != ddl::Impact::kRead || spec_.record() || spec_.queue_offline() ||
                      !spec_.idempotency_key().empty();
  if (spec_.inputs_json().empty()) request_.spec.set_inputs_json("{}");
  request_.caller = caller_;
  request_.targets.reserve(chosen.nodes.size());
  for (const Slot slot : chosen.nodes) request_.targets.push_back(names.identity(slot));
  request_.unknown = std::move(chosen.unknown);
  request_.disconnected = std::move(chosen.disconnected);
  if (spec_.queue_offline()) {
    request_.disconnected.clear();  // not only those asked for by name
    for (const Slot slot : chosen.nodes) {
      if (!fleet.attached.contains(slot)) request_.disconnected.push_back(names.identity(slot));
    }
  }
  request_.may_decline = WhenMayDecline(query_);
  request_.chosen_at = fleet.change;
  const absl::Duration asked = absl::Milliseconds(spec_.timeout_ms());
  request_.run_limit = spec_.timeout_ms() > 0 ? asked : plugin.TimeoutOf(action);
  request_.deadline = spec_.timeout_ms() > 0 ? asked : request_.run_limit + kDeadlineGrace;
  request_.deadline += absl::Milliseconds(spec_.splay_ms());
}

}  // namespace orch::hub

#include "services/hub/jobs/invocations.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "base/config_file.h"
#include "base/status_macros.h"
#include "services/hub/jobs/check_spec.h"
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

absl::StatusOr<Invocation> ParseInvocation(const v1::JobSpec& spec, std::string caller, Random* random) {
  ORCH_RETURN_IF_ERROR(CheckSpec(spec));
  Invocation invocation;
  ORCH_ASSIGN_OR_RETURN(invocation.query, ParseTarget(spec.target(), random));
  ORCH_ASSIGN_OR_RETURN(invocation.inputs, ParseJsonObject(spec.inputs_json(), "spec.inputs_json"));
  invocation.spec = spec;
  invocation.caller = std::move(caller);
  return invocation;
}

void Invocations::Run(std::shared_ptr<Invocation> invocation, std::shared_ptr<JobWatch::Sink> client) {
  if (!invocation->spec.idempotency_key().empty() && !std::exchange(invocation->key_looked_up, true)) {
    auto found = [this, invocation, client](const absl::Status& status) {
      if (absl::IsNotFound(status)) {
        Run(invocation, client);
      } else if (!status.ok()) {
        client->End(status);
      }
    };
    return dispatcher_->FollowKey(invocation->spec, invocation->caller, invocation->cursor, client, found);
  }
  const DdlCache::Entry* awaited = nullptr;
  const absl::Status status = TryRun(invocation.get(), client, &awaited);
  if (status.ok()) return;
  if (awaited != nullptr && !std::exchange(invocation->waited, true)) {
    auto again = [this, invocation, client] { Run(invocation, client); };
    if (ddls_->Await(awaited->sha256, kAwaitDdl, std::move(again))) return;
  }
  client->End(status);
}

absl::Status Invocations::TryRun(Invocation* invocation, const std::shared_ptr<JobWatch::Sink>& client,
                                 const DdlCache::Entry** awaited) {
  const absl::Duration begin = clock_->Steady();
  const v1::JobSpec& spec = invocation->spec;
  ChooseOptions options;
  options.plugin = spec.plugin();
  options.named_disconnected = true;
  options.include_disconnected = spec.queue_offline();
  options.sorted = HasRollout(spec);
  Chosen chosen = Choose(invocation->query, *registry_, options);

  ORCH_ASSIGN_OR_RETURN(const DdlCache::Entry* entry, EntryFor(spec.plugin(), chosen.nodes));
  if (entry->plugin == nullptr) {
    if (!entry->problem.empty()) {
      return absl::FailedPreconditionError(
          absl::StrCat("plugin ", entry->name, ": its DDL cannot be used: ", entry->problem));
    }
    *awaited = entry;
    return absl::UnavailableError(
        absl::StrCat("the DDL of plugin ", entry->name, " has not come from its nodes yet; try again shortly"));
  }
  const ddl::Plugin& plugin = *entry->plugin;
  ORCH_ASSIGN_OR_RETURN(const ddl::Action* action, ddl::RequireAction(plugin, spec.action()));
  if (spec.retries() > 0 && !action->idempotent && action->impact != ddl::Impact::kRead) {
    return absl::InvalidArgumentError(absl::StrCat("spec.retries: ", plugin.name, ".", action->name,
                                                   " is not idempotent by its DDL, so it is never repeated by itself; "
                                                   "leave retries out"));
  }
  Json inputs = invocation->inputs;
  ddl::FillInputDefaults(*action, &inputs);
  ORCH_RETURN_IF_ERROR(AsArgumentError(ddl::ValidateInputs(plugin, *action, inputs)));

  Dispatcher::Request request;
  const Json redacted = ddl::Redact(*action, invocation->inputs);
  request.redacted_inputs = DumpJson(redacted);
  request.inputs_withheld = redacted != invocation->inputs;
  // What changes nothing and nobody wants to keep is not worth a write.
  request.recorded =
      action->impact != ddl::Impact::kRead || spec.record() || spec.queue_offline() || !spec.idempotency_key().empty();
  request.spec = spec;
  if (request.spec.inputs_json().empty()) request.spec.set_inputs_json("{}");
  request.caller = invocation->caller;
  request.targets.reserve(chosen.nodes.size());
  for (const Slot slot : chosen.nodes) request.targets.push_back(registry_->At(slot).identity);
  request.away = FindAway(invocation->query, *registry_, spec.plugin(), chosen.nodes);
  request.suggestions = SuggestIdentities(chosen.unknown, *registry_);
  request.unknown = std::move(chosen.unknown);
  request.disconnected = std::move(chosen.disconnected);
  if (spec.queue_offline()) {
    request.disconnected.clear();  // not only those asked for by name
    for (const Slot slot : chosen.nodes) {
      if (registry_->At(slot).channel == nullptr) request.disconnected.push_back(registry_->At(slot).identity);
    }
  }
  const absl::Duration asked = absl::Milliseconds(spec.timeout_ms());
  request.run_limit = spec.timeout_ms() > 0 ? asked : plugin.TimeoutOf(*action);
  request.deadline = spec.timeout_ms() > 0 ? asked : request.run_limit + kDeadlineGrace;
  request.deadline += absl::Milliseconds(spec.splay_ms());
  if (!spec.group_by().empty()) request.groups = GroupsOf(spec.group_by(), chosen.nodes);
  request.discovery = clock_->Steady() - begin;
  return dispatcher_->Start(std::move(request), client);
}

std::vector<uint32_t> Invocations::GroupsOf(const std::string& fact, const std::vector<Slot>& targets) const {
  SlotSet nodes(registry_->facts().slots());
  for (const Slot slot : targets) nodes.Insert(slot);
  std::vector<uint32_t> group_of(registry_->facts().slots(), 0);  // 0: without the fact
  uint32_t next = 1;
  for (const FactTable::FactValue& value : registry_->facts().CountFact(fact, nodes).values) {
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

absl::StatusOr<const DdlCache::Entry*> Invocations::EntryFor(const std::string& plugin,
                                                             const std::vector<Slot>& targets) const {
  const std::vector<const DdlCache::Entry*> entries = ddls_->Named(plugin);
  if (entries.empty()) return NoSuchPlugin(plugin, *ddls_);
  if (entries.size() == 1) return entries.front();
  std::map<const DdlCache::Entry*, size_t> tally;
  for (const Slot slot : targets) {
    for (const PluginAnnouncement& announced : registry_->At(slot).plugins) {
      if (announced.name != plugin) continue;
      if (const DdlCache::Entry* entry = ddls_->Find(announced.sha256)) ++tally[entry];
    }
  }
  const DdlCache::Entry* best = entries.front();
  size_t most = 0;
  for (const auto& [entry, count] : tally) {
    if (count > most) best = entry;
    most = std::max(most, count);
  }
  return best;
}

}  // namespace orch::hub

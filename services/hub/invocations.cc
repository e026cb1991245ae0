#include "services/hub/invocations.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "base/config_file.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

absl::Status CheckSpec(const v1::JobSpec& spec) {
  if (spec.plugin().empty() || spec.action().empty()) {
    return absl::InvalidArgumentError("spec.plugin and spec.action must both be set");
  }
  if (spec.timeout_ms() < 0 || spec.timeout_ms() > absl::ToInt64Milliseconds(kMaxTaskTimeout)) {
    return absl::InvalidArgumentError("spec.timeout_ms must be 0 (the DDL's) to 86400000 (a day)");
  }
  if (spec.batch_size() > 0 && spec.batch_percent() > 0) {
    return absl::InvalidArgumentError("spec.batch_size and spec.batch_percent are both set; give one of them");
  }
  if (spec.batch_percent() > 100) return absl::InvalidArgumentError("spec.batch_percent must be 0 to 100");
  if (spec.batch_sleep_ms() < 0 || spec.batch_sleep_ms() > absl::ToInt64Milliseconds(kMaxBatchSleep)) {
    return absl::InvalidArgumentError("spec.batch_sleep_ms must be 0 to 86400000 (a day)");
  }
  return absl::OkStatus();
}

// To a caller of the hub a missing input is a wrong argument like any other.
absl::Status AsArgumentError(const absl::Status& status) {
  if (status.ok() || status.code() != absl::StatusCode::kFailedPrecondition) return status;
  return absl::InvalidArgumentError(status.message());
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
  options.sorted = spec.batch_size() > 0 || spec.batch_percent() > 0;
  Chosen chosen = Choose(invocation->query, *registry_, options);

  ORCH_ASSIGN_OR_RETURN(const DdlCache::Entry* entry, EntryFor(spec.plugin(), chosen.nodes));
  if (entry->plugin == nullptr) {
    if (!entry->problem.empty()) {
      return absl::FailedPreconditionError(absl::StrCat("plugin ", entry->name, ": its DDL cannot be used: ", entry->problem));
    }
    *awaited = entry;
    return absl::UnavailableError(
        absl::StrCat("the DDL of plugin ", entry->name, " has not come from its nodes yet; try again shortly"));
  }
  const ddl::Plugin& plugin = *entry->plugin;
  ORCH_ASSIGN_OR_RETURN(const ddl::Action* action, ddl::RequireAction(plugin, spec.action()));
  Json inputs = invocation->inputs;
  ddl::FillInputDefaults(*action, &inputs);
  ORCH_RETURN_IF_ERROR(AsArgumentError(ddl::ValidateInputs(plugin, *action, inputs)));

  Dispatcher::Request request;
  const Json redacted = ddl::Redact(*action, invocation->inputs);
  request.redacted_inputs = DumpJson(redacted);
  request.inputs_withheld = redacted != invocation->inputs;
  request.spec = spec;
  if (request.spec.inputs_json().empty()) request.spec.set_inputs_json("{}");
  request.caller = invocation->caller;
  request.targets.reserve(chosen.nodes.size());
  for (const Slot slot : chosen.nodes) request.targets.push_back(registry_->At(slot).identity);
  request.unknown = std::move(chosen.unknown);
  request.disconnected = std::move(chosen.disconnected);
  const absl::Duration asked = absl::Milliseconds(spec.timeout_ms());
  request.run_limit = spec.timeout_ms() > 0 ? asked : plugin.TimeoutOf(*action);
  request.deadline = spec.timeout_ms() > 0 ? asked : request.run_limit + kDeadlineGrace;
  request.discovery = clock_->Steady() - begin;
  return dispatcher_->Start(std::move(request), client);
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

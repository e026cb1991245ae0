#include "services/hub/jobs/ddl_choice.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "actions/ddl/validate.h"
#include "base/status_macros.h"

namespace orch::hub {
namespace {

// To a caller of the hub a missing input is a wrong argument like any other.
absl::Status AsArgumentError(const absl::Status& status) {
  if (status.ok() || status.code() != absl::StatusCode::kFailedPrecondition) return status;
  return absl::InvalidArgumentError(status.message());
}

bool MayRepeat(const ddl::Action& action) { return action.idempotent || action.impact == ddl::Impact::kRead; }

absl::Status CheckInputs(const ddl::Plugin& plugin, const ddl::Action& action, Json inputs) {
  ddl::FillInputDefaults(action, &inputs);
  return AsArgumentError(ddl::ValidateInputs(plugin, action, inputs));
}

}  // namespace

absl::Status DdlChoice::Take(const DdlCache& ddls) {
  const std::vector<const DdlCache::Entry*> entries = ddls.Named(spec_.plugin());
  if (entries.empty()) return ddls.NoSuchPlugin(spec_.plugin());
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

const DdlCache::Entry* DdlChoice::Choose(const SlotSet& targets) const {
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
  return best;
}

bool DdlChoice::MayGoBy(const DdlCache::Entry& other, const ddl::Action& action, const Json& inputs) const {
  if (other.plugin == nullptr || other.nodes == 0) return false;
  const ddl::Action* const theirs = other.plugin->FindAction(spec_.action());
  if (theirs == nullptr) return false;
  if (action.impact == ddl::Impact::kRead && theirs->impact != ddl::Impact::kRead) return false;
  if (spec_.retries() > 0 && !MayRepeat(*theirs)) return false;
  return CheckInputs(*other.plugin, *theirs, inputs).ok();
}

absl::StatusOr<DdlChoice::Chosen> DdlChoice::Resolve(const SlotSet& targets, const Json& inputs) {
  awaited_.clear();
  const DdlCache::Entry* const entry = Choose(targets);
  if (const absl::Status usable = DdlCache::CheckText(*entry); !usable.ok()) {
    if (absl::IsUnavailable(usable)) awaited_ = entry->sha256;
    return usable;
  }
  const ddl::Plugin& plugin = *entry->plugin;
  ORCH_ASSIGN_OR_RETURN(const ddl::Action* action, ddl::RequireAction(plugin, spec_.action()));
  if (spec_.retries() > 0 && !MayRepeat(*action)) {
    return absl::InvalidArgumentError(absl::StrCat("spec.retries: ", plugin.name, ".", action->name,
                                                   " is not idempotent by its DDL, so it is never repeated by itself; "
                                                   "leave retries out"));
  }
  ORCH_RETURN_IF_ERROR(CheckInputs(plugin, *action, inputs));
  Chosen chosen = {&plugin, action, {entry->sha256}};
  for (const DdlCache::Entry& other : ddls_) {
    if (&other != entry && MayGoBy(other, *action, inputs)) chosen.sha256s.push_back(other.sha256);
  }
  return chosen;
}

Json DdlChoice::Redact(const Json& inputs) const {
  Json redacted = inputs;
  for (const std::string& name : sensitive_) {
    if (redacted.contains(name)) redacted[name] = "***";
  }
  return redacted;
}

}  // namespace orch::hub

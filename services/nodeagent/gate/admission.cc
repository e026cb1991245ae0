#include "services/nodeagent/gate/admission.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actions/ddl/validate.h"
#include "base/json.h"
#include "filter/node_view.h"
#include "services/nodeagent/tasks/task_update.h"

namespace orch::nodeagent {
namespace {

class SnapshotView final : public filter::NodeView {
 public:
  explicit SnapshotView(const NodeSnapshot& snapshot) : snapshot_(snapshot), plugins_(snapshot.PluginNames()) {}
  absl::string_view identity() const override { return snapshot_.identity; }
  const Json& facts() const override { return *snapshot_.FactsInForce(); }
  const std::vector<std::string>& classes() const override { return snapshot_.classes; }
  const std::vector<std::string>& plugins() const override { return plugins_; }

 private:
  const NodeSnapshot& snapshot_;
  const std::vector<std::string> plugins_;
};

class StateFunctions final : public filter::DataFunctions {
 public:
  explicit StateFunctions(AgentState* state) : state_(state) {}
  absl::StatusOr<Json> Call(absl::string_view function, const std::vector<std::string>& arguments) override {
    return state_->CallDataFunction(function, arguments);
  }

 private:
  AgentState* const state_;
};

bool IsTarget(const v1::Command& command, const filter::Filter& filter, const NodeSnapshot& now, AgentState* state,
              std::string* failure) {
  const std::string& collective = command.collective();
  const std::vector<std::string>& mine = now.CollectivesInForce();
  if (!collective.empty() && std::find(mine.begin(), mine.end(), collective) == mine.end()) return false;
  if (filter.empty()) return true;
  StateFunctions functions(state);
  return filter::Matches(filter, SnapshotView(now), &functions, failure);
}

// Returns whether the inputs were validated against the same DDL that the plugin has here.
bool IsKnownDdl(const v1::Command& command, const ddl::Plugin& plugin) {
  const auto& known = command.ddl_sha256();
  return known.empty() || std::find(known.begin(), known.end(), plugin.sha256) != known.end();
}

v1::TaskUpdate Denied(actions::StatusCode code, absl::string_view message) {
  return EndedUpdate(v1::DENIED, code, v1::ERROR_KIND_DENIED, message);
}

}  // namespace

std::optional<v1::TaskUpdate> AdmitCommand(const v1::Command& command, const filter::Filter& filter, AgentState* state,
                                           const NodePolicy* policy, TaskSpec* spec) {
  const AgentState::Moment now = state->now();
  Counters& counters = state->counters();
  std::string failure;
  if (!IsTarget(command, filter, *now.snapshot, state, &failure)) {
    ++counters.filtered;
    return FilteredUpdate(failure);
  }
  ++counters.passed;
  spec->plugin = now.catalog->Find(command.plugin());
  if (spec->plugin == nullptr) {
    return Denied(actions::kUnknownAction, absl::StrCat("plugin ", command.plugin(), " is not on this node; it has: ",
                                                        absl::StrJoin(now.snapshot->PluginNames(), ", ")));
  }
  const ddl::Plugin& plugin = *spec->plugin->ddl();
  if (!IsKnownDdl(command, plugin)) {
    return EndedUpdate(
        v1::DENIED, actions::kAborted, v1::ERROR_KIND_DDL,
        absl::StrCat("plugin ", plugin.name, " is described otherwise on this node (version ", plugin.version,
                     ") than where the inputs were checked; bring the plugin to one "
                     "version everywhere, or ask this node alone"));
  }
  const absl::StatusOr<const ddl::Action*> action = ddl::RequireAction(plugin, command.action());
  if (!action.ok()) return Denied(actions::kUnknownAction, action.status().message());
  spec->action = *action;
  absl::StatusOr<Json> inputs = ParseJsonObject(command.inputs_json(), "inputs");
  if (!inputs.ok()) return Denied(actions::kInvalidInput, inputs.status().message());
  ddl::FillInputDefaults(**action, &*inputs);
  if (const absl::Status valid = ddl::ValidateInputs(plugin, **action, *inputs); !valid.ok()) {
    return Denied(absl::IsFailedPrecondition(valid) ? actions::kMissingInput : actions::kInvalidInput, valid.message());
  }
  if (policy != nullptr) {
    StateFunctions functions(state);
    const SnapshotView view(*now.snapshot);
    if (const auto why = policy->Refuse(command.caller(), plugin.name, command.action(), view, &functions)) {
      return EndedUpdate(v1::DENIED, actions::kAborted, v1::ERROR_KIND_POLICY, *why);
    }
  }
  spec->request.inputs = *std::move(inputs);
  return std::nullopt;
}

}  // namespace orch::nodeagent

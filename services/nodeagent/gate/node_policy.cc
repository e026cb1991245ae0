#include "services/nodeagent/gate/node_policy.h"

#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"
#include "base/log.h"

namespace orch::nodeagent {

NodePolicy::NodePolicy(auth::PolicyFolder::Options options, const Clock* clock, std::function<void()> changed)
    : clock_(clock), changed_(std::move(changed)), folder_(std::move(options)), looked_(clock->Steady()) {}

void NodePolicy::Look() {
  {
    MutexLock lock(&mu_);
    const absl::Duration now = clock_->Steady();
    if (now - looked_ < kLookInterval) return;
    looked_ = now;
  }
  if (!folder_.ReloadIfChanged()) return;
  LogInfo("policy files have changed", {{"files", absl::StrCat(folder_.current()->files().size())}});
  if (changed_ != nullptr) changed_();
}

void NodePolicy::SetOptions(auth::PolicyFolder::Options options) { folder_.SetOptions(std::move(options)); }

std::optional<std::string> NodePolicy::Refuse(const std::string& caller, absl::string_view plugin,
                                              absl::string_view action, const filter::NodeView& node,
                                              filter::DataFunctions* functions) const {
  const auth::PolicyDecision decision = folder_.current()->Evaluate({caller, {}}, plugin, action, node, functions);
  if (decision.allowed) return std::nullopt;
  return absl::StrCat("You are not authorized to call this agent or action. (", decision.place, ": ", decision.reason,
                      "; to allow it, change this node's policy for ", Printable(caller), ")");
}

std::vector<std::string> NodePolicy::Problems() const {
  std::vector<std::string> problems;
  for (const auth::AccessProblem& problem : folder_.current()->problems()) {
    if (problem.fatal) problems.push_back(absl::StrCat("policy ", problem.place, ": ", problem.text));
  }
  return problems;
}

}  // namespace orch::nodeagent

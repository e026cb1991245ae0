#include "services/hub/labels/standings.h"

#include <algorithm>
#include <utility>

#include "base/json.h"
#include "filter/hub_fact.h"

namespace orch::hub {
namespace {

// A node as the hub itself knows it: nothing that the node says is in it.
class HubView final : public filter::NodeView {
 public:
  HubView(absl::string_view identity, const auth::Labels& labels) : identity_(identity) {
    Json& trusted = facts_[filter::kHubFact] = Json::object();
    for (const auto& [name, value] : labels) trusted[name] = value;
  }
  absl::string_view identity() const override { return identity_; }
  const Json& facts() const override { return facts_; }
  const std::vector<std::string>& classes() const override { return none_; }
  const std::vector<std::string>& plugins() const override { return none_; }

 private:
  const absl::string_view identity_;
  Json facts_ = Json::object();
  const std::vector<std::string> none_;
};

bool SameFilters(const std::map<std::string, filter::Filter>& a, const std::map<std::string, filter::Filter>& b) {
  const auto same = [](const filter::Option& x, const filter::Option& y) {
    return x.kind == y.kind && x.text == y.text;
  };
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [&](const auto& x, const auto& y) {
           return x.first == y.first && std::equal(x.second.options().begin(), x.second.options().end(),
                                                   y.second.options().begin(), y.second.options().end(), same);
         });
}

}  // namespace

void Standings::SetCollectiveGrants(std::map<std::string, filter::Filter> grants) {
  const bool changed = !SameFilters(grants_, grants);
  grants_ = std::move(grants);
  if (changed && listener_ != nullptr) listener_();
}

NodeStandings::Collectives Standings::CollectivesOf(absl::string_view identity,
                                                    const std::vector<std::string>& named) const {
  if (grants_.empty()) return {named, {}};
  Collectives collectives;
  for (const std::string& name : named) {
    if (!grants_.contains(name)) collectives.members.push_back(name);
  }
  const HubView view(identity, labels_->Of(identity));
  for (const auto& [name, nodes] : grants_) {
    // A filter that only the node could decide grants nothing.
    if (filter::Narrow(nodes, view) == filter::Verdict::kYes) {
      collectives.members.push_back(name);
    } else if (std::find(named.begin(), named.end(), name) != named.end()) {
      collectives.claimed.push_back(name);
    }
  }
  return collectives;
}

}  // namespace orch::hub

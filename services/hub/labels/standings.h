// What the hub says of each node: its labels, from the LabelTable, and the collectives that the rules grant. A
// collective that the rules list is granted to the nodes that fit, whether they name it or not; every other collective
// is the node's own choice. Owned by the hub; its loop only.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "filter/filter.h"
#include "services/hub/labels/label_table.h"
#include "services/hub/nodes/node_standings.h"

namespace orch::hub {

class Standings final : public NodeStandings {
 public:
  explicit Standings(LabelTable* labels) : labels_(labels) {}

  // The collectives of the rules in force: name → filter over trusted.NAME and identities. Nodes are asked again soon
  // when one of them has changed.
  void SetCollectiveGrants(std::map<std::string, filter::Filter> grants);
  // Is told when grants have changed.
  void SetListener(std::function<void()> listener) { listener_ = std::move(listener); }

  const auth::Labels& LabelsOf(absl::string_view identity) const override { return labels_->Of(identity); }
  Collectives CollectivesOf(absl::string_view identity, const std::vector<std::string>& named) const override;
  void OnProved(absl::string_view identity, const auth::Labels& certificate) override {
    labels_->SetFromCertificate(identity, certificate);
  }
  void Forget(absl::string_view identity) override { labels_->Forget(identity); }

 private:
  LabelTable* const labels_;
  std::map<std::string, filter::Filter> grants_;
  std::function<void()> listener_;
};

}  // namespace orch::hub

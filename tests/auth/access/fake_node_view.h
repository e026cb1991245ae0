// A node with given labels, facts and classes. Tests own it.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "filter/node_view.h"

namespace orch::auth {

class FakeNodeView final : public filter::NodeView {
 public:
  explicit FakeNodeView(std::string identity, Json facts = Json::object(), std::vector<std::string> classes = {})
      : identity_(std::move(identity)), facts_(std::move(facts)), classes_(std::move(classes)) {}

  absl::string_view identity() const override { return identity_; }
  const Json& facts() const override { return facts_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  const std::vector<std::string>& plugins() const override { return plugins_; }

 private:
  const std::string identity_;
  const Json facts_;
  const std::vector<std::string> classes_;
  const std::vector<std::string> plugins_;
};

}  // namespace orch::auth

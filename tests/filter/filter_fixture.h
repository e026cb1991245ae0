// A node made by hand, and short ways to parse one option.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/json.h"
#include "filter/filter.h"
#include "filter/node_view.h"

namespace orch::filter {

struct TestNode : public NodeView {
  std::string name = "web-01.example.net";
  Json fact_values = Json::object();
  std::vector<std::string> class_names;
  std::vector<std::string> plugin_names;

  absl::string_view identity() const override { return name; }
  const Json& facts() const override { return fact_values; }
  const std::vector<std::string>& classes() const override { return class_names; }
  const std::vector<std::string>& plugins() const override { return plugin_names; }
};

inline absl::StatusOr<Filter> ParseOne(OptionKind kind, const std::string& text) {
  const Option option{kind, text};
  return Filter::Parse({&option, 1});
}

// The error's message; empty when the filter was accepted.
inline std::string ErrorOf(OptionKind kind, const std::string& text) {
  return std::string(ParseOne(kind, text).status().message());
}

// Whether the node matches; the filter must parse.
inline bool NodeMatches(OptionKind kind, const std::string& text, const NodeView& node) {
  return Matches(*ParseOne(kind, text), node, nullptr);
}

}  // namespace orch::filter

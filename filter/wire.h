// Converts between Filter and orch.v1.Filter of the wire. The functions are templates, so that filter/ does not depend
// on proto/; both sides repeat {kind, text} with the same numbers. Pure.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "filter/filter.h"

namespace orch::filter {

// Parses a message with `options()`, each with `kind()` and `text()`.
template <typename WireFilter>
absl::StatusOr<Filter> FromWire(const WireFilter& wire) {
  std::vector<Option> options;
  options.reserve(wire.options().size());
  for (const auto& option : wire.options()) {
    const int kind = static_cast<int>(option.kind());
    if (kind < static_cast<int>(OptionKind::kFact) || kind > static_cast<int>(OptionKind::kCompound)) {
      return absl::InvalidArgumentError(
          "filter: an option of a kind this version does not know; upgrade the older side");
    }
    options.push_back({static_cast<OptionKind>(kind), std::string(option.text())});
  }
  return Filter::Parse(options);
}

template <typename WireFilter>
void ToWire(const Filter& filter, WireFilter* wire) {
  for (const Option& option : filter.options()) {
    auto* added = wire->add_options();
    added->set_kind(static_cast<decltype(added->kind())>(static_cast<int>(option.kind)));
    added->set_text(option.text);
  }
}

}  // namespace orch::filter

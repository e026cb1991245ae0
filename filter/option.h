// One filter option as the user gave it (docs/FILTERS.md). A plain value.
#pragma once

#include <string>

namespace orch::filter {

// The numbers are those of orch.v1.FilterOption.Kind.
enum class OptionKind { kFact = 1, kClass = 2, kIdentity = 3, kPlugin = 4, kCombined = 5, kCompound = 6 };

struct Option {
  OptionKind kind = OptionKind::kFact;
  std::string text;
};

}  // namespace orch::filter

// From a request's Target to nodes. Parsing is pure and runs where the request came in; choosing
// runs on the hub's loop.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/random.h"
#include "filter/filter.h"
#include "orch/v1/fleet.pb.h"
#include "services/hub/nodes/registry.h"

namespace orch::hub {

inline constexpr int kMaxTargetIdentities = 65'536;
inline constexpr int kMaxFilterOptions = 256;

struct TargetQuery {
  filter::Filter filter;
  std::vector<std::string> identities;
  bool has_identities = false;
  std::string collective;
  uint32_t limit = 0;
  uint32_t limit_percent = 0;
  bool limit_random = false;
  uint64_t limit_seed = 0;
};

// InvalidArgument names the part and the remedy. A seed that is needed and not given is drawn.
absl::StatusOr<TargetQuery> ParseTarget(const v1::Target& target, Random* random);

struct ChooseOptions {
  std::string plugin;                 // only nodes that have it; empty: any
  bool include_disconnected = false;  // all known nodes
  bool only_disconnected = false;     // known nodes without a stream, in place of attached ones
  bool named_disconnected = false;    // known nodes the target names, attached or not
  bool sorted = false;                // by identity; done anyway where a limit needs it
};

struct Chosen {
  std::vector<Slot> nodes;
  bool ask_nodes = false;                 // data functions: nodes decide themselves
  std::vector<std::string> unknown;       // named, never seen
  std::vector<std::string> disconnected;  // named, among `nodes`, without a stream
};

Chosen Choose(const TargetQuery& query, const Registry& registry, const ChooseOptions& options);
// Whether one node is in the target, limits and presence aside.
bool Fits(const TargetQuery& query, const Registry& registry, Slot slot);

}  // namespace orch::hub

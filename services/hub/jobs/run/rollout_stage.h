// How far a rollout with canaries has come, and the word that the store keeps for it.
#pragma once

#include "absl/strings/string_view.h"

namespace orch::hub {

enum class RolloutStage {
  kFirst,  // the canaries, or a job without canaries
  kMain,   // the canaries have succeeded
};

constexpr absl::string_view StageName(RolloutStage stage) { return stage == RolloutStage::kMain ? "main" : ""; }
constexpr RolloutStage StageNamed(absl::string_view name) {
  return name == "main" ? RolloutStage::kMain : RolloutStage::kFirst;
}

}  // namespace orch::hub

// The part of agent.yaml that says where facts come from. A value.
#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace orch::nodeagent {

inline constexpr size_t kMaxFactsBytes = 1u << 20;  // all facts of a node as JSON

struct FactsConfig {
  std::vector<std::string> files;
  std::string directory = "/etc/orch/facts.d";
  std::string facter = "auto";  // auto, off or a path
  bool builtin = true;
  absl::Duration interval = absl::Seconds(300);
  absl::Duration timeout = absl::Seconds(30);  // of facter and of each executable
};

}  // namespace orch::nodeagent

// A job whose targets are chosen and whose inputs were validated: what the dispatcher starts. Plain data.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "orch/v1/job.pb.h"
#include "services/hub/nodes/targets.h"

namespace orch::hub {

// A target that a rule denies: it ends at once, without a command.
struct DeniedTarget {
  uint32_t target = 0;  // index in the targets
  std::string rule;     // FILE:LINE; empty: no rule allows it
  std::string why;      // for people, with the rule
};

struct JobRequest {
  std::string job_id;            // 32 hex digits; empty: the dispatcher draws one
  v1::JobSpec spec;              // as the client sent it
  std::string redacted_inputs;   // for the store
  bool inputs_withheld = false;  // the redacted inputs lack some of the client's
  bool recorded = false;         // the store keeps the job, and nodes keep outcomes until they are stored
  std::string caller;
  std::vector<std::string> targets;
  std::vector<DeniedTarget> denied;
  uint32_t approvals_needed = 0;            // grants of others before anything is released
  std::string approval_digest;              // what is to be approved; empty without approvals
  std::vector<std::string> conditions;      // for JobAccepted
  std::vector<uint32_t> groups;             // the group of each target, from 0 without holes; empty: no groups
  std::vector<std::string> unknown;         // for JobAccepted
  std::vector<std::string> disconnected;    // for JobAccepted: offline, or queued with spec.queue_offline
  v1::AwayNodes away;                       // for JobAccepted
  std::vector<v1::Suggestion> suggestions;  // for JobAccepted
  MayDecline may_decline = MayDecline::kNever;
  uint64_t chosen_at = 0;    // Registry::change() when the targets were chosen; 0: a previous hub process chose them
  absl::Duration run_limit;  // the node ends the action after this time
  absl::Duration deadline;   // the hub gives a task up after this time
  absl::Duration discovery;  // how long choosing the targets took
};

}  // namespace orch::hub

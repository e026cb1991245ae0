// `orch-nodeagent enrol`: gives this node a key of its own. The node makes the key, tells it the hub on a connection
// that a token or a certificate has proved, and writes it to its credentials file. The key is on the disk before the
// hub learns it, so that a repetition after a lost answer or a crash has the same result. Free functions; main calls
// them.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/clock.h"
#include "base/random.h"

namespace orch::nodeagent {

inline constexpr int kExitWaits = 3;  // an administrator has to approve the node
inline constexpr absl::Duration kEnrolAgainEvery = absl::Seconds(5);

struct EnrolOptions {
  std::string config;      // path of agent.yaml; made if there is none
  std::string hub;         // empty: as agent.yaml says
  std::string identity;    // empty: as agent.yaml says, else the host's name
  std::string token;       // visible to other users of this host while the command runs
  std::string token_file;  // "-": standard input
  bool wait = false;       // until the hub can be reached and an administrator has approved the node
  bool help = false;
};
// `words` follow the word "enrol". InvalidArgument names the word.
absl::StatusOr<EnrolOptions> ParseEnrolArguments(const std::vector<std::string>& words,
                                                 const std::string& default_config);
std::string EnrolHelp();

struct Enrolled {
  bool admitted = false;
  std::string text;  // for the user: what was done and what is next
};
absl::StatusOr<Enrolled> EnrolNode(const EnrolOptions& options, const std::string& host_name, const Clock* clock,
                                   Random* random);

}  // namespace orch::nodeagent

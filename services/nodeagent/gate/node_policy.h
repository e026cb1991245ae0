// The node's own policy files (docs/ACCESS.md): asked about every command before its task begins. Looks at the files
// when a command arrives, at most once a second, so that a change counts without a restart. Owned by Agent.
// Thread-safe.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/access/policy_folder.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "filter/data_functions.h"
#include "filter/node_view.h"

namespace orch::nodeagent {

class NodePolicy {
 public:
  static constexpr absl::Duration kLookInterval = absl::Seconds(1);

  // `changed` is called after other files are in force, on the thread that looked; may be null.
  NodePolicy(auth::PolicyFolder::Options options, const Clock* clock, std::function<void()> changed);

  // Reads the files again if they have changed since the last look, which was kLookInterval ago or more.
  void Look();
  void SetOptions(auth::PolicyFolder::Options options);

  // Whether Ask about this plugin may block, because a file of it has data functions.
  bool MayBlock(absl::string_view plugin) const { return folder_.current()->HasDataFunctions(plugin); }
  // The status message of the refusal; nullopt if the files allow the action. `functions` may block.
  std::optional<std::string> Refuse(const std::string& caller, absl::string_view plugin, absl::string_view action,
                                    const filter::NodeView& node, filter::DataFunctions* functions) const;
  // Faults that make a file or the folder deny, for the node's problems.
  std::vector<std::string> Problems() const;

 private:
  const Clock* const clock_;
  const std::function<void()> changed_;
  auth::PolicyFolder folder_;
  Mutex mu_;
  absl::Duration looked_ ABSL_GUARDED_BY(mu_);  // Clock::Steady
};

}  // namespace orch::nodeagent

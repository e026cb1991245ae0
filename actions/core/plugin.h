// A plugin that can run on this node. Shared by catalogs and running actions. Thread-safe: several workers call Run at
// the same time, within the limits of MaxConcurrency.
#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "actions/core/action.h"
#include "actions/ddl/ddl.h"

namespace orch::actions {

class Plugin {
 public:
  virtual ~Plugin() = default;
  virtual const std::shared_ptr<const ddl::Plugin>& ddl() const = 0;
  // True for an action that only looks into the agent's memory, for microseconds: no file, no process, no waiting. It
  // runs at once, on the agent's loop.
  virtual bool IsInstant(absl::string_view /*action*/) const { return false; }
  // Maximum concurrent runs in the action's slot; 0 means unlimited. The package plugin allows one change.
  virtual int MaxConcurrency(absl::string_view /*action*/) const { return 0; }
  // True for an action that must run in the agent, where a restart of the agent ends it. Other actions with impact
  // change run in a process of their own, which outlives the agent and makes the plugin again from its settings.
  virtual bool NeedsAgent(absl::string_view /*action*/) const { return false; }
  // Actions of one plugin with the same slot share its limit; by default each action has a slot of its own.
  virtual std::string ConcurrencySlot(absl::string_view action) const { return std::string(action); }
  // The time that an action gets after its timeout, for plugins that then end their own program.
  virtual absl::Duration Overrun() const { return absl::ZeroDuration(); }
  // Blocks until the action is done, at most `context.timeout`, which includes the overrun. Never throws.
  virtual Reply Run(const Request& request, const Context& context) = 0;
};

}  // namespace orch::actions

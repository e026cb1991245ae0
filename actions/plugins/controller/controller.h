// The plugin "controller": shows the counters of the node agent, reloads its plugins and stops it. Thread-safe.
#pragma once

#include "actions/core/builtin_plugin.h"

namespace orch::actions {

class Controller final : public BuiltinPlugin {
 public:
  using BuiltinPlugin::BuiltinPlugin;
  bool NeedsAgent(absl::string_view) const override { return true; }

 protected:
  Reply RunAction(const Request& request, const Context& context) override;
};

}  // namespace orch::actions

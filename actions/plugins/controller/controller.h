// The plugin "controller": the node agent's own counters, its plugins read anew, its end.
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

// The plugin "rpcutil": what a node knows about itself. Reads the node's state, changes nothing.
#pragma once

#include "actions/core/builtin_plugin.h"

namespace orch::actions {

class Rpcutil final : public BuiltinPlugin {
 public:
  using BuiltinPlugin::BuiltinPlugin;

 protected:
  Reply RunAction(const Request& request, const Context& context) override;
};

}  // namespace orch::actions

// The plugin "rpcutil": reports the state of the node. It changes nothing. Thread-safe.
#pragma once

#include "actions/core/builtin_plugin.h"

namespace orch::actions {

class Rpcutil final : public BuiltinPlugin {
 public:
  using BuiltinPlugin::BuiltinPlugin;
  bool IsInstant(absl::string_view action) const override;

 protected:
  Reply RunAction(const Request& request, const Context& context) override;
};

}  // namespace orch::actions

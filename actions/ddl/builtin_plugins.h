// The names of the plugins that are built into the node agent. The catalog builds exactly these, and a plugin of a site
// cannot have one of these names. Constant.
#pragma once

#include <array>

#include "absl/strings/string_view.h"

namespace orch::ddl {

inline constexpr std::array<absl::string_view, 11> kBuiltinPlugins = {"controller", "filemgr", "nrpe",    "package",
                                                                      "process",    "puppet",  "puppetd", "puppetral",
                                                                      "rpcutil",    "service", "shell"};

}  // namespace orch::ddl

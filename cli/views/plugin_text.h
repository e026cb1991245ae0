// A DDL as text, in the layout of `mco plugin doc`. Pure.
#pragma once

#include <string>

#include "actions/ddl/ddl.h"

namespace orch::cli {

std::string PluginText(const ddl::Plugin& plugin);

}  // namespace orch::cli

// A plugin as a node announces it. Plain data.
#pragma once

#include <string>

namespace orch::hub {

struct PluginAnnouncement {
  std::string name;
  std::string version;
  std::string sha256;  // 32 bytes
};

}  // namespace orch::hub

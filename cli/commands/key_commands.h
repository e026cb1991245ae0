// The commands about keys: `orchctl auth ...`, and those of `orchctl node ...` that admit and ban nodes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/commands/command.h"

namespace orch::cli {

inline constexpr size_t kMaxNamesACall = 1000;  // the hub accepts so many in one request

// Rows of the table of commands.
std::vector<CommandEntry> AuthVerbs();
std::vector<CommandEntry> NodeKeyVerbs();

// Bans peers, or ends their ban, and shows the result. Returns the exit code.
absl::StatusOr<int> BanPeers(Context* context, const std::string& kind, const std::vector<std::string>& names, bool ban,
                             const std::string& reason);

// The hub's time, microseconds since 1970, in the time zone of this host; "never" for 0.
std::string TimeText(int64_t us);
template <typename Names>
std::vector<std::string> NamesOf(const Names& names) {
  return std::vector<std::string>(names.begin(), names.end());
}

}  // namespace orch::cli

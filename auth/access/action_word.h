// A word that names actions in a rule: "service.restart", "package.*", "*.status", "*". Pure.
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::auth {

// InvalidArgument names the remedy.
absl::Status CheckActionWord(absl::string_view word);
// Whether the word, which CheckActionWord has accepted, speaks of the action.
bool ActionWordFits(absl::string_view word, absl::string_view plugin, absl::string_view action);
// The word for the actions that both name; nullopt if there are none.
std::optional<std::string> BothActionWords(absl::string_view a, absl::string_view b);

}  // namespace orch::auth

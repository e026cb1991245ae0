#include "actions/core/activation.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace orch::actions {

absl::StatusOr<bool> ActivatedBySettings(const std::map<std::string, std::string>& settings, absl::string_view plugin) {
  const auto found = settings.find(absl::StrCat(plugin, ".activate_agent"));
  if (found == settings.end()) return true;
  const std::string value = absl::AsciiStrToLower(found->second);
  for (const char* yes : {"true", "yes", "on", "y", "1"}) {
    if (value == yes) return true;
  }
  for (const char* no : {"false", "no", "off", "n", "0"}) {
    if (value == no) return false;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("setting plugin.", plugin, ".activate_agent: '", found->second, "' is neither true nor false"));
}

}  // namespace orch::actions

#include "cli/jobs/away_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"

namespace orch::cli {

std::string AwayText(const v1::AwayNodes& away) {
  if (away.count() == 0) return "";
  std::string text = absl::StrCat(
      "orchctl: ", away.count(),
      away.count() == 1 ? " known node matches but is not connected: " : " known nodes match but are not connected: ");
  const int shown = std::min(away.identities_size(), kAwayNamesShown);
  for (int i = 0; i < shown; ++i) absl::StrAppend(&text, i == 0 ? "" : ", ", Printable(away.identities(i)));
  if (const uint32_t more = away.count() - static_cast<uint32_t>(shown); more > 0) {
    absl::StrAppend(&text, " and ", more, " more ('orchctl find --disconnected' lists them)");
  }
  text += "\n";
  if (away.returning() > 0) {
    absl::StrAppend(&text, "orchctl: the hub has just started; nodes are still coming back, ", away.returning(),
                    " of these among them\n");
  }
  return text;
}

std::string UnknownText(absl::string_view name, const google::protobuf::RepeatedPtrField<v1::Suggestion>& suggestions) {
  std::string text = absl::StrCat("orchctl: the hub has never seen ", Printable(name));
  for (const v1::Suggestion& suggestion : suggestions) {
    if (suggestion.name() == name) {
      absl::StrAppend(&text, "; did you mean ", Printable(suggestion.identity()), "?");
      break;
    }
  }
  return absl::StrCat(text, "\n");
}

}  // namespace orch::cli

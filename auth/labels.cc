#include "auth/labels.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr size_t kShownBytes = 80;  // of a name or value that is refused

}  // namespace

bool IsLabelName(absl::string_view name) {
  return !name.empty() && name.size() <= kMaxLabelNameBytes && absl::ascii_islower(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_'; });
}

bool IsLabelValue(absl::string_view value) {
  // Text that is shown by other characters than its own is not printable.
  return value.size() <= kMaxLabelValueBytes && Printable(value) == value;
}

absl::Status CheckLabelName(absl::string_view name) {
  if (IsLabelName(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(name.substr(0, kShownBytes)),
                                                 "' is no name of a label; use a letter a-z, then a-z, 0-9 and _, at "
                                                 "most ",
                                                 kMaxLabelNameBytes, " in all"));
}

absl::Status CheckLabels(const Labels& labels) {
  if (labels.size() > kMaxLabels) {
    return absl::ResourceExhaustedError(
        absl::StrCat(labels.size(), " labels for one node; at most ", kMaxLabels, " are taken"));
  }
  for (const auto& [name, value] : labels) {
    ORCH_RETURN_IF_ERROR(CheckLabelName(name));
    if (IsLabelValue(value)) continue;
    return absl::InvalidArgumentError(absl::StrCat("the value of label ", name, " has ", value.size(),
                                                   " bytes; a value is printable UTF-8 of at most ",
                                                   kMaxLabelValueBytes, " bytes"));
  }
  return absl::OkStatus();
}

}  // namespace orch::auth

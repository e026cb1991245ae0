#include "base/enum_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace orch {

std::string EnumText(absl::string_view name, absl::string_view prefix) {
  if (name.empty()) return "unknown";
  std::string text = absl::AsciiStrToLower(absl::StripPrefix(name, prefix));
  std::replace(text.begin(), text.end(), '_', '-');
  return text;
}

std::string EnumName(absl::string_view text, absl::string_view prefix) {
  std::string name = absl::StrCat(prefix, absl::AsciiStrToUpper(text));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

}  // namespace orch

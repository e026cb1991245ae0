#include "auth/access/action_word.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"

namespace orch::auth {
namespace {

constexpr size_t kMaxActionNameBytes = 255;
constexpr absl::string_view kAny = "*";

struct Parts {
  absl::string_view plugin, action;
};

Parts PartsOf(absl::string_view word) {
  const size_t dot = word.find('.');
  if (dot == absl::string_view::npos) return {word, kAny};
  return {word.substr(0, dot), word.substr(dot + 1)};
}

bool IsActionName(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxActionNameBytes && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-';
  });
}

// False if no name fits both.
bool BothNames(absl::string_view a, absl::string_view b, absl::string_view* both) {
  *both = a == kAny ? b : a;
  return a == kAny || b == kAny || a == b;
}

}  // namespace

absl::Status CheckActionWord(absl::string_view word) {
  const Parts parts = PartsOf(word);
  const bool has_dot = parts.plugin.size() != word.size();
  if (word == kAny) return absl::OkStatus();
  if (has_dot && (parts.plugin == kAny || IsActionName(parts.plugin)) &&
      (parts.action == kAny || IsActionName(parts.action))) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("'", Printable(word), "' names no actions; write PLUGIN.ACTION, PLUGIN.*, *.ACTION or *",
                   !has_dot && IsActionName(word) ? absl::StrCat(", here perhaps ", word, ".*") : ""));
}

bool ActionWordFits(absl::string_view word, absl::string_view plugin, absl::string_view action) {
  const Parts parts = PartsOf(word);
  return (parts.plugin == kAny || parts.plugin == plugin) && (parts.action == kAny || parts.action == action);
}

std::optional<std::string> BothActionWords(absl::string_view a, absl::string_view b) {
  const Parts one = PartsOf(a), other = PartsOf(b);
  absl::string_view plugin, action;
  if (!BothNames(one.plugin, other.plugin, &plugin) || !BothNames(one.action, other.action, &action))
    return std::nullopt;
  if (plugin == kAny && action == kAny) return std::string(kAny);
  return absl::StrCat(plugin, ".", action);
}

}  // namespace orch::auth

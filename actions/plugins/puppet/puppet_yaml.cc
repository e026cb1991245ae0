#include "actions/plugins/puppet/puppet_yaml.h"

#include <cstddef>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace orch::actions {

std::string TopLevelSection(absl::string_view text, absl::string_view key) {
  size_t begin = absl::string_view::npos;
  for (size_t line = 0; line < text.size();) {
    const size_t newline = text.find('\n', line);
    const size_t next = newline == absl::string_view::npos ? text.size() : newline + 1;
    const absl::string_view rest = text.substr(line);
    // Items of a list and further lines of a value begin with a dash or a blank.
    const bool is_key = rest[0] != ' ' && rest[0] != '-' && rest[0] != '\n' && rest[0] != '#';
    if (begin != absl::string_view::npos && is_key) return std::string(text.substr(begin, line - begin));
    absl::string_view name = rest;
    if (is_key && absl::ConsumePrefix(&name, key) && absl::StartsWith(name, ":")) begin = line;
    line = next;
  }
  return begin == absl::string_view::npos ? "" : std::string(text.substr(begin));
}

}  // namespace orch::actions

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "filter/filter.h"
#include "filter/source.h"

namespace orch::filter {
namespace {

struct Spelling {
  absl::string_view name;
  OptionKind kind;
};

constexpr Spelling kSpellings[] = {
    {"-F", OptionKind::kFact},
    {"--with-fact", OptionKind::kFact},
    {"--wf", OptionKind::kFact},
    {"-C", OptionKind::kClass},
    {"--with-class", OptionKind::kClass},
    {"--wc", OptionKind::kClass},
    {"-I", OptionKind::kIdentity},
    {"--with-identity", OptionKind::kIdentity},
    {"--wi", OptionKind::kIdentity},
    {"-A", OptionKind::kPlugin},
    {"--with-plugin", OptionKind::kPlugin},
    {"--with-agent", OptionKind::kPlugin},
    {"--wa", OptionKind::kPlugin},
    {"-W", OptionKind::kCombined},
    {"--with", OptionKind::kCombined},
    {"-S", OptionKind::kCompound},
    {"--select", OptionKind::kCompound},
};

const Spelling* FindSpelling(absl::string_view name) {
  const auto* found = std::find_if(std::begin(kSpellings), std::end(kSpellings),
                                   [name](const Spelling& spelling) { return spelling.name == name; });
  return found == std::end(kSpellings) ? nullptr : found;
}

// The option that a word starts, and the value if it is in the same word.
struct OptionWord {
  const Spelling* spelling = nullptr;
  bool has_value = false;
  absl::string_view value;
};

OptionWord ReadOptionWord(absl::string_view word) {
  if (absl::StartsWith(word, "--")) {
    const size_t equals = word.find('=');
    const bool joined = equals != absl::string_view::npos;
    return {FindSpelling(word.substr(0, equals)), joined, joined ? word.substr(equals + 1) : absl::string_view()};
  }
  if (word.size() < 2) return {};
  return {FindSpelling(word.substr(0, 2)), word.size() > 2, word.substr(2)};
}

}  // namespace

absl::StatusOr<std::vector<Option>> OptionsFromWords(absl::Span<const std::string> words) {
  std::vector<Option> options;
  for (size_t i = 0; i < words.size(); ++i) {
    const OptionWord word = ReadOptionWord(words[i]);
    if (word.spelling == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat("unknown filter option ", Source::Quote(words[i]),
                                                     "; the options are -F -C -I -A -W -S, each with a value"));
    }
    if (!word.has_value && i + 1 == words.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("option ", words[i], " has no value; write one after it, or leave the option out"));
    }
    const absl::string_view value = word.has_value ? word.value : absl::string_view(words[++i]);
    options.push_back({word.spelling->kind, std::string(value)});
  }
  return options;
}

}  // namespace orch::filter

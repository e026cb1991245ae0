#include "auth/access/rule_fields.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/foreign_text.h"
#include "base/nearest_word.h"

namespace orch::auth {

RuleFields::RuleFields(const YamlNode& map, absl::string_view what, const std::vector<std::string>& known,
                       ProblemList* problems)
    : map_(map), problems_(problems) {
  absl::flat_hash_map<std::string, int> lines;
  for (size_t i = 0; i < map.keys.size(); ++i) {
    const YamlKey& key = map.keys[i];
    if (std::find(known.begin(), known.end(), key.text) == known.end()) {
      problems->Fatal(key.line,
                      absl::StrCat("'", Printable(key.text), "' is no key of ", what, DidYouMean(key.text, known),
                                   "; the keys are ", absl::StrJoin(known, ", ")));
    } else if (const auto [at, is_new] = lines.try_emplace(key.text, key.line); !is_new) {
      problems->Fatal(key.line, absl::StrCat("key '", key.text, "' is given twice, first in line ", at->second));
    } else if (map.items[i].is_null()) {
      problems->Fatal(key.line, absl::StrCat("'", key.text, "' has no value; write one, or leave the key out"));
    } else {
      usable_.push_back(key.text);
    }
  }
}

const YamlNode* RuleFields::Find(absl::string_view key) const {
  if (std::find(usable_.begin(), usable_.end(), key) == usable_.end()) return nullptr;
  const auto found =
      std::find_if(map_.keys.begin(), map_.keys.end(), [key](const YamlKey& one) { return one.text == key; });
  return &map_.items[found - map_.keys.begin()];
}

int RuleFields::LineOf(absl::string_view key) const {
  const YamlNode* found = Find(key);
  return found == nullptr ? map_.line : found->line;
}

void RuleFields::Fail(absl::string_view key, absl::string_view problem) const {
  problems_->Fatal(LineOf(key), problem);
}

std::vector<std::string> RuleFields::Texts(absl::string_view key, bool may_be_empty) const {
  const YamlNode* node = Find(key);
  if (node == nullptr) return {};
  if (node->is_list() && node->items.empty()) {
    if (!may_be_empty) Fail(key, absl::StrCat("the list '", key, "' is empty; write a value, or leave the key out"));
    return {};
  }
  return TextsOf(*node, absl::StrCat("'", key, "'"), problems_);
}

std::optional<std::string> RuleFields::Text(absl::string_view key) const {
  const YamlNode* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_scalar() && !node->text.empty()) return node->text;
  Fail(key, absl::StrCat("'", key, "' takes one text"));
  return std::nullopt;
}

std::optional<uint32_t> RuleFields::Number(absl::string_view key, uint32_t min, uint32_t max) const {
  const YamlNode* node = Find(key);
  if (node == nullptr) return std::nullopt;
  uint32_t number;
  const bool digits = node->is_scalar() && std::all_of(node->text.begin(), node->text.end(), [](char c) {
                        return absl::ascii_isdigit(static_cast<unsigned char>(c));
                      });
  if (digits && absl::SimpleAtoi(node->text, &number) && number >= min && number <= max) return number;
  Fail(key, absl::StrCat("'", key, "' takes a whole number from ", min, " to ", max));
  return std::nullopt;
}

std::vector<std::string> TextsOf(const YamlNode& node, absl::string_view what, ProblemList* problems) {
  std::vector<std::string> texts;
  const auto take = [&](const YamlNode& one) {
    if (one.is_scalar() && !absl::StripAsciiWhitespace(one.text).empty()) {
      texts.push_back(one.text);
    } else {
      problems->Fatal(one.line, absl::StrCat(what, " takes a text or a list of texts; an item here is ",
                                             one.is_scalar() || one.is_null() ? "empty" : "a list or a mapping"));
    }
  };
  if (node.is_list()) {
    for (const YamlNode& item : node.items) take(item);
  } else {
    take(node);
  }
  return texts;
}

}  // namespace orch::auth

#include "auth/access/rule_cover.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace orch::auth {
namespace {

constexpr Verb kAllVerbs[] = {Verb::kRead, Verb::kInvoke, Verb::kControl, Verb::kAdminister};

std::string CallersText(const AccessRule& rule) {
  std::vector<std::string> texts;
  for (const CallerPattern& caller : rule.callers) {
    if (caller.is_everybody()) return "*";
    texts.push_back(caller.text());
  }
  std::sort(texts.begin(), texts.end());
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
  return absl::StrJoin(texts, " ");
}

std::string NodesText(const AccessRule& rule) {
  std::string text;
  for (const filter::Option& option : rule.nodes.options()) {
    absl::StrAppend(&text, static_cast<int>(option.kind), " ", option.text, "\n");
  }
  return text;
}

// What a rule is asked for, one text for each verb, and for 'invoke' one for each word of actions.
std::vector<std::string> AskedOf(const AccessRule& rule) {
  std::vector<std::string> asked;
  for (const Verb verb : kAllVerbs) {
    if (!rule.Has(verb)) continue;
    if (verb != Verb::kInvoke) {
      asked.emplace_back(VerbName(verb));
    } else {
      for (const std::string& word : rule.actions) asked.push_back(word == "*" ? "*.*" : word);
    }
  }
  return asked;
}

// The words that cover all of the word: "p.a" is covered by "p.a", "p.*", "*.a" and "*.*". A verb covers itself.
std::vector<std::string> WiderThan(const std::string& asked) {
  const std::vector<std::string> parts = absl::StrSplit(asked, '.');
  if (parts.size() != 2) return {asked};
  return {asked, absl::StrCat(parts[0], ".*"), absl::StrCat("*.", parts[1]), "*.*"};
}

std::string KeyOf(absl::string_view callers, absl::string_view nodes, absl::string_view asked) {
  return absl::StrCat(callers, "\n", nodes, "\n", asked);
}

}  // namespace

const std::string* RuleCover::Find(const AccessRule& rule, absl::string_view asked) const {
  const std::string nodes = NodesText(rule);
  for (const std::string& callers : {std::string("*"), CallersText(rule)}) {
    for (const std::string& where : {std::string(), nodes}) {
      for (const std::string& wider : WiderThan(std::string(asked))) {
        if (const auto found = places_.find(KeyOf(callers, where, wider)); found != places_.end())
          return &found->second;
      }
    }
  }
  return nullptr;
}

std::string RuleCover::CoveredBy(const AccessRule& rule) const {
  const std::string* last = nullptr;
  for (const std::string& asked : AskedOf(rule)) {
    last = Find(rule, asked);
    if (last == nullptr) return "";
  }
  return last == nullptr ? "" : *last;
}

void RuleCover::Add(const AccessRule& rule) {
  // Only a rule that decides about every request of its callers for its nodes: one that allows denies outside of its
  // hours and where its facts do not fit, while one that denies says nothing outside of its hours.
  const bool decides = rule.inputs.empty() && rule.collectives.empty() && (rule.allow || rule.hours.always());
  if (!decides || rule.callers.empty()) return;
  for (const std::string& asked : AskedOf(rule)) {
    places_.try_emplace(KeyOf(CallersText(rule), NodesText(rule), asked), rule.place);
  }
}

}  // namespace orch::auth

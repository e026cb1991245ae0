#include "auth/access/access_rules.h"

#include <algorithm>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "auth/access/action_word.h"
#include "auth/names.h"
#include "base/foreign_text.h"
#include "base/nearest_word.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kVerbNames[] = {"read", "invoke", "control", "administer"};
constexpr uint8_t kEveryVerb = 0xf;

// Lists and mappings are as deep as JSON may be.
void CollectTexts(const Json& value, std::vector<std::string>* texts) {
  if (value.is_structured()) {
    for (const Json& item : value) CollectTexts(item, texts);
    return;
  }
  texts->push_back(filter::FactText(value).value_or(""));
}

bool AnyPatternFits(const std::vector<TextPattern>& patterns, absl::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [text](const TextPattern& pattern) { return pattern.Fits(text); });
}

// What allows must fit every text of the input; what denies need fit one.
bool InputFits(const std::vector<TextPattern>& patterns, const Json& value, bool allow) {
  if (allow && value.is_object()) return false;
  std::vector<std::string> texts;
  CollectTexts(value, &texts);
  const auto fits = [&patterns](const std::string& text) { return AnyPatternFits(patterns, text); };
  if (!allow) return std::any_of(texts.begin(), texts.end(), fits);
  return !texts.empty() && std::all_of(texts.begin(), texts.end(), fits);
}

bool InputsFit(const AccessRule& rule, const Json* inputs) {
  if (rule.input_patterns.empty()) return true;
  if (inputs == nullptr) return rule.allow;
  return std::all_of(rule.input_patterns.begin(), rule.input_patterns.end(), [&](const auto& one) {
    const auto found = inputs->is_object() ? inputs->find(one.first) : inputs->end();
    // What is not given may become what the rule denies: the default of the input is the node's.
    if (found == inputs->end()) return !rule.allow;
    return InputFits(one.second, *found, rule.allow);
  });
}

bool Speaks(const AccessRule& rule, const AccessRequest& request) {
  if (!rule.Has(request.verb)) return false;
  if (!rule.collectives.empty() &&
      std::find(rule.collectives.begin(), rule.collectives.end(), request.collective) == rule.collectives.end()) {
    return false;
  }
  if (request.verb != Verb::kInvoke) return true;
  return AnyActionFits(rule.actions, request.plugin, request.action) && InputsFit(rule, request.inputs);
}

}  // namespace

absl::string_view VerbName(Verb verb) { return kVerbNames[static_cast<int>(verb)]; }

absl::StatusOr<Verb> ParseVerb(absl::string_view text) {
  const auto* found = std::find(std::begin(kVerbNames), std::end(kVerbNames), text);
  if (found != std::end(kVerbNames)) return static_cast<Verb>(found - std::begin(kVerbNames));
  const std::vector<std::string> known(std::begin(kVerbNames), std::end(kVerbNames));
  return absl::InvalidArgumentError(absl::StrCat("'", Printable(text), "' is no verb", DidYouMean(text, known),
                                                 "; the verbs are read, invoke, control and administer"));
}

bool AnyActionFits(const std::vector<std::string>& actions, absl::string_view plugin, absl::string_view action) {
  return std::any_of(actions.begin(), actions.end(),
                     [&](const std::string& word) { return ActionWordFits(word, plugin, action); });
}

AccessRules AccessRules::WithoutFile(const std::vector<std::string>& administrators, absl::string_view own_user) {
  std::vector<std::string> names = {"user=root"};
  if (!own_user.empty()) names.push_back(absl::StrCat("user=", own_user));
  for (const std::string& name : administrators) {
    names.push_back(absl::StrCat("client=", name));
    names.push_back(absl::StrCat("cert=", name));
  }
  AccessRule rule;
  rule.place = "administrators of the hub's settings";
  rule.role = "admin";
  rule.allow = true;
  rule.verbs = kEveryVerb;
  rule.actions = {"*"};
  for (const std::string& name : names) {
    // A name that no caller can have names nobody.
    auto caller = CallerPattern::Parse(name);
    if (caller.ok() && !caller->is_regex()) rule.callers.push_back(*std::move(caller));
  }
  AccessRules rules;
  rules.index_.Add(0, rule.callers);
  rules.rules_.push_back(std::move(rule));
  return rules;
}

std::vector<const AccessRule*> AccessRules::For(const AccessRequest& request) const {
  std::vector<const AccessRule*> found;
  for (const uint32_t number : index_.Find(request.caller)) {
    if (Speaks(rules_[number], request)) found.push_back(&rules_[number]);
  }
  return found;
}

const Freeze* AccessRules::FrozenAt(const Caller& caller, absl::Time now) const {
  for (const Freeze& freeze : freezes_) {
    if (freeze.from <= now && now < freeze.to && !AnyFits(freeze.except, caller)) return &freeze;
  }
  return nullptr;
}

std::vector<std::string> AccessRules::GroupsOf(const Caller& caller) const {
  std::vector<std::string> groups;
  for (const auto& [name, members] : groups_) {
    if (AnyFits(members, caller)) groups.push_back(name);
  }
  return groups;
}

std::vector<std::string> AccessRules::RolesOf(const Caller& caller) const {
  std::set<std::string> roles;
  for (const uint32_t number : index_.Find(caller)) {
    if (!rules_[number].role.empty()) roles.insert(rules_[number].role);
  }
  return {roles.begin(), roles.end()};
}

}  // namespace orch::auth

#include "auth/access/access_file_reader.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "auth/access/node_filters.h"
#include "auth/access/role_expansion.h"
#include "auth/access/times.h"
#include "base/foreign_text.h"
#include "base/nearest_word.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr size_t kMaxSectionNameBytes = 64;

bool IsSectionName(absl::string_view text) {
  return !text.empty() && text.size() <= kMaxSectionNameBytes &&
         absl::ascii_isalnum(static_cast<unsigned char>(text[0])) && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' || c == '.';
         });
}

}  // namespace

absl::StatusOr<AccessRules> AccessRules::Parse(absl::string_view text, const std::string& file,
                                               std::vector<AccessProblem>* problems) {
  return AccessFileReader(file).Read(text, problems);
}

absl::StatusOr<AccessRules> AccessFileReader::Read(absl::string_view text, std::vector<AccessProblem>* problems) {
  const absl::StatusOr<YamlNode> root = ParseYamlTree(text, file_, kMaxAccessFileBytes);
  if (root.ok()) {
    ReadDocument(*root);
  } else {
    problems_.FatalAt(root.status().message());
  }
  ORCH_RETURN_IF_ERROR(problems_.Finish(problems));
  return std::move(rules_);
}

void AccessFileReader::ReadDocument(const YamlNode& root) {
  if (!root.is_map()) {
    return problems_.Fatal(root.is_null() ? 1 : root.line,
                           root.is_null() ? "the file holds no rules, so nobody may do anything; write "
                                            "'rules:' with at least one administrator, or remove the file"
                                          : "a mapping with 'rules:' is expected");
  }
  const RuleFields fields(root, "access.yaml", {"groups", "roles", "rules", "freeze", "collectives"}, &problems_);
  ReadNamed(fields, "groups", [this](auto&&... part) { ReadGroup(part...); });
  ReadNamed(fields, "roles", [this](auto&&... part) { ReadRole(part...); });
  ReadRules(fields);
  ReadFreezes(fields);
  ReadNamed(fields, "collectives", [this](auto&&... part) { ReadCollective(part...); });
  WarnOfUnused();
}

template <typename Take>
void AccessFileReader::ReadNamed(const RuleFields& fields, absl::string_view section, Take take) {
  const YamlNode* node = fields.Find(section);
  if (node == nullptr) return;
  if (!node->is_map()) return fields.Fail(section, absl::StrCat("'", section, "' takes a mapping from names"));
  if (node->keys.size() > kMaxRoles) {
    return fields.Fail(
        section, absl::StrCat("'", section, "' holds ", node->keys.size(), " names; ", kMaxRoles, " are accepted"));
  }
  absl::flat_hash_map<std::string, int> lines;
  for (size_t i = 0; i < node->keys.size(); ++i) {
    const auto& [name, line] = node->keys[i];
    const auto [at, is_new] = lines.try_emplace(name, line);
    if (!IsSectionName(name)) {
      problems_.Fatal(line, absl::StrCat("'", Printable(name), "' below '", section,
                                         "' is no name; it begins with a letter "
                                         "or digit and has letters, digits, '_', '-' and '.', at most ",
                                         kMaxSectionNameBytes));
    } else if (!is_new) {
      problems_.Fatal(line,
                      absl::StrCat("'", name, "' stands twice below '", section, "', first in line ", at->second));
    } else {
      take(name, line, node->items[i]);
    }
  }
}

void AccessFileReader::ReadGroup(const std::string& name, int line, const YamlNode& members) {
  std::vector<CallerPattern>& group = rules_.groups_[name];
  group_lines_[name] = line;
  if (members.is_null()) return;
  for (const std::string& word : TextsOf(members, absl::StrCat("group '", name, "'"), &problems_)) {
    absl::StatusOr<CallerPattern> caller = CallerPattern::Parse(word);
    if (caller.ok()) {
      group.push_back(*std::move(caller));
    } else if (absl::string_view(word).substr(0, 6) == "group=") {
      problems_.Fatal(line, absl::StrCat("group '", name, "' holds '", Printable(word),
                                         "', but a group holds callers and no other groups; name both in the rule"));
    } else {
      problems_.Fatal(line, absl::StrCat("group '", name, "': ", caller.status().message()));
    }
  }
}

void AccessFileReader::ReadRole(const std::string& name, int line, const YamlNode& rules) {
  if (!BuiltInRole(name).empty()) {
    return problems_.Fatal(line, absl::StrCat("the role '", name, "' is built in; choose another name"));
  }
  Role& role = roles_[name];
  role.line = line;
  if (!rules.is_list() || rules.items.empty()) {
    return problems_.Fatal(line, absl::StrCat("role '", name, "' takes a list of rules, such as [{allow: read}]"));
  }
  if (rules.items.size() > kMaxRulesOfRole) {
    return problems_.Fatal(
        line, absl::StrCat("role '", name, "' has ", rules.items.size(), " rules; ", kMaxRulesOfRole, " are accepted"));
  }
  for (const YamlNode& item : rules.items) {
    if (item.is_map()) {
      role.rules.push_back(rule_reader_.ReadOfRole(item));
    } else {
      problems_.Fatal(item.line, absl::StrCat("a rule of role '", name, "' is a mapping, such as {allow: read}"));
    }
  }
}

void AccessFileReader::ReadRules(const RuleFields& fields) {
  const YamlNode* list = fields.Find("rules");
  if (list == nullptr || !list->is_list() || list->items.empty()) {
    return fields.Fail("rules",
                       "'rules:' with a list of rules is missing, so nobody may do anything; the first that fits "
                       "decides, such as {callers: client=NAME, role: admin}");
  }
  if (list->items.size() > kMaxAccessRules) {
    return fields.Fail(
        "rules", absl::StrCat("'rules' holds ", list->items.size(), " rules; ", kMaxAccessRules, " are accepted"));
  }
  for (const YamlNode& item : list->items) ReadRule(item);
  const bool administered = std::any_of(rules_.rules_.begin(), rules_.rules_.end(), [](const AccessRule& rule) {
    return rule.allow && rule.Has(Verb::kAdminister) && !rule.callers.empty();
  });
  if (!administered && !problems_.has_fatal()) {
    problems_.Warn(fields.LineOf("rules"), "no rule lets anybody administer; give somebody the role admin");
  }
}

void AccessFileReader::ReadRule(const YamlNode& node) {
  if (!node.is_map()) {
    return problems_.Fatal(node.line, "a rule is a mapping, such as {callers: client=NAME, role: viewer}");
  }
  const RuleDraft draft = rule_reader_.ReadListed(node);
  if (draft.role.empty()) return Add(draft, {draft.rule});
  const std::vector<RuleDraft>* role = FindRole(draft);
  if (role == nullptr) return;
  absl::StatusOr<std::vector<AccessRule>> expanded = ExpandRole(draft, *role);
  if (!expanded.ok()) return problems_.Fatal(node.line, expanded.status().message());
  if (expanded->empty() && !role->empty()) {
    problems_.Warn(node.line,
                   absl::StrCat("what the rule adds excludes all that role '", draft.role, "' allows or denies"));
  }
  Add(draft, *std::move(expanded));
}

const std::vector<RuleDraft>* AccessFileReader::FindRole(const RuleDraft& draft) {
  const std::string& name = draft.role;
  if (const auto known = roles_.find(name); known != roles_.end()) {
    if (!draft.rule.callers.empty()) known->second.used = true;
    return &known->second.rules;
  }
  std::vector<RuleDraft> built_in = BuiltInRole(name);
  if (!built_in.empty()) {
    Role& role = roles_[name];
    role.used = true;
    role.rules = std::move(built_in);
    return &role.rules;
  }
  std::vector<std::string> names = {"viewer", "operator", "admin"};
  for (const auto& one : roles_) names.push_back(one.first);
  problems_.Fatal(draft.line, absl::StrCat("there is no role '", Printable(name), "'", DidYouMean(name, names),
                                           "; roles are viewer, operator, admin and those below 'roles:'"));
  return nullptr;
}

void AccessFileReader::Add(const RuleDraft& draft, std::vector<AccessRule> expanded) {
  if (draft.rule.callers.empty() && !problems_.has_fatal()) {
    problems_.Warn(draft.line, draft.role.empty() ? std::string("the rule names nobody, because its callers are empty")
                                                  : absl::StrCat("role '", draft.role,
                                                                 "' names nobody here, because the "
                                                                 "callers are empty"));
  }
  std::string cover;
  size_t covered = 0;
  for (const AccessRule& rule : expanded) {
    const std::string place = cover_.CoveredBy(rule);
    if (place.empty()) continue;
    ++covered;
    cover = place;
  }
  if (covered > 0 && covered == expanded.size()) {
    problems_.Warn(draft.line,
                   absl::StrCat("the rule never decides, because the rule at ", cover, " decides before it"));
  }
  for (AccessRule& rule : expanded) {
    cover_.Add(rule);
    if (rules_.rules_.size() == kMaxExpandedRules) {
      return problems_.Fatal(draft.line, absl::StrCat("the rules with those of their roles are more than ",
                                                      kMaxExpandedRules, "; merge callers into groups"));
    }
    rules_.index_.Add(static_cast<uint32_t>(rules_.rules_.size()), rule.callers);
    rules_.rules_.push_back(std::move(rule));
  }
}

void AccessFileReader::WarnOfUnused() {
  for (const auto& [name, role] : roles_) {
    if (!role.used) problems_.Warn(role.line, absl::StrCat("no rule gives the role '", name, "' to anybody"));
  }
  for (const auto& [name, line] : group_lines_) {
    if (!rule_reader_.used_groups().contains(name)) {
      problems_.Warn(line, absl::StrCat("no rule names the group '", name, "'"));
    } else if (rules_.groups_[name].empty()) {
      problems_.Warn(line, absl::StrCat("the group '", name, "' is empty"));
    }
  }
}

}  // namespace orch::auth

#include "auth/access/rule_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth/access/action_word.h"
#include "auth/access/node_filters.h"
#include "base/foreign_text.h"
#include "base/nearest_word.h"

namespace orch::auth {
namespace {

const absl::string_view kJobKeys[] = {"actions", "inputs", "max_targets", "concurrency", "require", "approval"};
const absl::string_view kConditionKeys[] = {"max_targets", "concurrency", "require", "approval"};

const std::vector<std::string>& OfRoleKeys() {
  static const auto* keys =
      new std::vector<std::string>{"allow", "deny",  "actions",     "inputs",      "collective", "nodes",
                                   "facts", "hours", "max_targets", "concurrency", "require",    "approval"};
  return *keys;
}
const std::vector<std::string>& ListedKeys() {
  static const auto* keys = [] {
    auto* all = new std::vector<std::string>{"callers", "role"};
    all->insert(all->end(), OfRoleKeys().begin(), OfRoleKeys().end());
    return all;
  }();
  return *keys;
}

}  // namespace

std::vector<CallerPattern> RuleReader::Callers(const RuleFields& fields, absl::string_view key,
                                               std::vector<std::string>* names) {
  std::vector<CallerPattern> callers;
  for (const std::string& word : fields.Texts(key, /*may_be_empty=*/true)) {
    if (names != nullptr) names->push_back(word);
    absl::string_view group = word;
    if (absl::ConsumePrefix(&group, "group=")) {
      const auto found = groups_.find(std::string(group));
      if (found == groups_.end()) {
        std::vector<std::string> known;
        for (const auto& one : groups_) known.push_back(one.first);
        fields.Fail(key, absl::StrCat("there is no group '", Printable(group), "'", DidYouMean(group, known),
                                      "; groups are listed below 'groups:'"));
        continue;
      }
      used_groups_[found->first] = true;
      callers.insert(callers.end(), found->second.begin(), found->second.end());
      continue;
    }
    absl::StatusOr<CallerPattern> caller = CallerPattern::Parse(word);
    if (caller.ok()) {
      callers.push_back(*std::move(caller));
    } else {
      fields.Fail(key, caller.status().message());
    }
  }
  resolved_callers_ += callers.size();
  if (resolved_callers_ > kMaxResolvedCallers && resolved_callers_ - callers.size() <= kMaxResolvedCallers) {
    fields.Fail(key, absl::StrCat("the rules name more than ", kMaxResolvedCallers,
                                  " callers with the members of their groups; use regular expressions or unix groups"));
  }
  if (resolved_callers_ > kMaxResolvedCallers) callers.clear();
  return callers;
}

RuleDraft RuleReader::ReadListed(const YamlNode& node) {
  const RuleFields fields(node, "a rule", ListedKeys(), problems_);
  RuleDraft draft = Read(node, fields);
  if (!fields.Has("callers")) {
    problems_->Fatal(node.line,
                     "the rule names no callers; write 'callers: client=NAME', a list, or \"*\" for everybody");
  }
  draft.rule.callers = Callers(fields, "callers", nullptr);
  return draft;
}

RuleDraft RuleReader::ReadOfRole(const YamlNode& node) {
  return Read(node, RuleFields(node, "a role's rule", OfRoleKeys(), problems_));
}

RuleDraft RuleReader::Read(const YamlNode& node, const RuleFields& fields) {
  RuleDraft draft;
  draft.line = node.line;
  draft.rule.place = problems_->Place(node.line);
  ReadVerbs(fields, &draft);
  ReadActions(fields, &draft);
  ReadInputs(fields, &draft);
  draft.rule.collectives = fields.Texts("collective");
  ReadNodes(fields, &draft.rule);
  if (const auto text = fields.Text("hours")) {
    absl::StatusOr<Hours> hours = Hours::Parse(*text);
    if (!hours.ok()) fields.Fail("hours", hours.status().message());
    if (hours.ok()) draft.rule.hours = *std::move(hours);
  }
  ReadConditions(fields, &draft);
  CheckSense(fields, draft);
  return draft;
}

void RuleReader::ReadVerbs(const RuleFields& fields, RuleDraft* draft) {
  const int given = fields.Has("role") + fields.Has("allow") + fields.Has("deny");
  if (given != 1) {
    problems_->Fatal(draft->line, given == 0 ? "the rule decides nothing; write one of 'role:', 'allow:' and 'deny:'"
                                             : "write only one of 'role:', 'allow:' and 'deny:'");
    return;
  }
  if (fields.Has("role")) {
    draft->role = fields.Text("role").value_or("");
    return;
  }
  draft->rule.allow = fields.Has("allow");
  const absl::string_view key = draft->rule.allow ? "allow" : "deny";
  for (const std::string& word : fields.Texts(key)) {
    const absl::StatusOr<Verb> verb = ParseVerb(word);
    if (verb.ok()) {
      draft->rule.verbs |= VerbBit(*verb);
    } else {
      fields.Fail(key, absl::StrCat(verb.status().message(), "; write several as a list: [read, invoke]"));
    }
  }
}

void RuleReader::ReadActions(const RuleFields& fields, RuleDraft* draft) {
  draft->has_actions = fields.Has("actions");
  draft->rule.actions = fields.Texts("actions");
  for (const std::string& word : draft->rule.actions) {
    if (const absl::Status status = CheckActionWord(word); !status.ok()) fields.Fail("actions", status.message());
  }
  if (!draft->has_actions) draft->rule.actions = {"*"};
}

void RuleReader::ReadInputs(const RuleFields& fields, RuleDraft* draft) {
  const YamlNode* inputs = fields.Find("inputs");
  if (inputs == nullptr) return;
  if (!inputs->is_map() || inputs->keys.empty()) {
    return fields.Fail("inputs", "'inputs' takes a mapping from inputs to their texts: {service: [nginx, /web-.*/]}");
  }
  // A line break must not evade a rule that denies.
  const TextPattern::Dot dot = draft->rule.allow ? TextPattern::Dot::kNoLineBreak : TextPattern::Dot::kAnything;
  for (size_t i = 0; i < inputs->keys.size(); ++i) {
    const YamlKey& key = inputs->keys[i];
    std::vector<std::string>& texts = draft->rule.inputs[key.text];
    if (!texts.empty()) problems_->Fatal(key.line, absl::StrCat("input '", Printable(key.text), "' is given twice"));
    texts = TextsOf(inputs->items[i], absl::StrCat("input '", Printable(key.text), "'"), problems_);
    if (inputs->items[i].is_list() && texts.empty()) {
      problems_->Fatal(key.line, absl::StrCat("the texts of input '", Printable(key.text), "' are missing"));
    }
    for (const std::string& text : texts) {
      absl::StatusOr<TextPattern> pattern = TextPattern::Parse(text, dot);
      if (pattern.ok()) {
        draft->rule.input_patterns[key.text].push_back(*std::move(pattern));
      } else {
        problems_->Fatal(key.line, pattern.status().message());
      }
    }
  }
}

void RuleReader::ReadNodes(const RuleFields& fields, AccessRule* rule) {
  const auto take = [&fields](absl::string_view key, auto parse, filter::Filter* into) {
    const std::vector<std::string> texts = fields.Texts(key);
    if (texts.empty()) return;
    absl::StatusOr<filter::Filter> filter = parse(texts);
    if (!filter.ok()) return fields.Fail(key, filter.status().message());
    *into = *std::move(filter);
  };
  take("nodes", ParseNodesFilter, &rule->nodes);
  take("facts", ParseFactsFilter, &rule->facts);
}

void RuleReader::CheckSense(const RuleFields& fields, const RuleDraft& draft) {
  const AccessRule& rule = draft.rule;
  if (!draft.role.empty() || rule.verbs == 0) return;
  if (!rule.Has(Verb::kInvoke)) {
    for (const absl::string_view key : kJobKeys) {
      if (fields.Has(key)) {
        fields.Fail(
            key, absl::StrCat("'", key, "' means requests to run actions, and this rule does not speak of 'invoke'"));
      }
    }
  }
  if (rule.allow) return;
  for (const absl::string_view key : kConditionKeys) {
    if (fields.Has(key))
      fields.Fail(key, absl::StrCat("'", key, "' is a condition for what is allowed, and this rule denies"));
  }
  if (fields.Has("facts")) {
    fields.Fail("facts",
                "a rule that denies takes no 'facts', because a node could escape it by what it says of itself; "
                "use labels below 'nodes:', or put 'facts' into the rule that allows");
  }
  if (fields.Has("collective")) {
    fields.Fail("collective",
                "a rule that denies takes no 'collective', because a request escapes it by not naming the "
                "collective; use labels below 'nodes:'");
  }
}

}  // namespace orch::auth

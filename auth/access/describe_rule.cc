#include "auth/access/describe_rule.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace orch::auth {
namespace {

std::string FilterWords(const filter::Filter& filter) {
  return absl::StrJoin(filter.options(), " and ", [](std::string* out, const filter::Option& option) {
    absl::StrAppend(out, option.kind == filter::OptionKind::kIdentity ? "-I " : "", option.text);
  });
}

std::string VerbsOf(const AccessRule& rule) {
  std::vector<absl::string_view> verbs;
  for (const Verb verb : {Verb::kRead, Verb::kInvoke, Verb::kControl, Verb::kAdminister}) {
    if (rule.Has(verb)) verbs.push_back(VerbName(verb));
  }
  return absl::StrJoin(verbs, ", ");
}

}  // namespace

std::string DescribeRule(const AccessRule& rule) {
  std::string text = absl::StrCat(rule.place, rule.role.empty() ? "" : absl::StrCat(" (role ", rule.role, ")"), ": ",
                                  rule.allow ? "allow " : "deny ", VerbsOf(rule));
  if (rule.Has(Verb::kInvoke)) absl::StrAppend(&text, " of ", absl::StrJoin(rule.actions, ", "));
  for (const auto& [input, texts] : rule.inputs) {
    absl::StrAppend(&text, " with ", input, "=", absl::StrJoin(texts, "|"));
  }
  if (!rule.collectives.empty()) absl::StrAppend(&text, " in collective ", absl::StrJoin(rule.collectives, "|"));
  if (!rule.nodes.empty()) absl::StrAppend(&text, " on nodes ", FilterWords(rule.nodes));
  if (!rule.facts.empty()) absl::StrAppend(&text, " with facts ", FilterWords(rule.facts));
  if (!rule.hours.always()) absl::StrAppend(&text, " at ", rule.hours.text());
  return text;
}

std::vector<std::string> DemandsOf(const AccessRule& rule) {
  const Conditions& wanted = rule.conditions;
  std::vector<std::string> demands;
  if (wanted.max_targets > 0) demands.push_back(absl::StrCat("at most ", wanted.max_targets, " nodes"));
  if (wanted.max_targets_percent > 0) {
    demands.push_back(absl::StrCat("at most ", wanted.max_targets_percent, "% of the nodes"));
  }
  if (wanted.concurrency > 0) demands.push_back(absl::StrCat("at most ", wanted.concurrency, " at once"));
  if (wanted.needs_reason) demands.push_back("a reason");
  if (wanted.needs_ticket) demands.push_back("a ticket");
  if (!rule.hours.always()) demands.push_back(absl::StrCat("the hours ", rule.hours.text()));
  if (wanted.approvals > 0) {
    demands.push_back(
        absl::StrCat(wanted.approvals, wanted.approvals == 1 ? " approval" : " approvals", " of ",
                     wanted.approver_names.empty() ? "administrators" : absl::StrJoin(wanted.approver_names, ", "),
                     wanted.approvals_above > 0 ? absl::StrCat(" above ", wanted.approvals_above, " nodes") : ""));
  }
  return demands;
}

}  // namespace orch::auth

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth/access/rule_reader.h"
#include "auth/access/times.h"
#include "base/foreign_text.h"

namespace orch::auth {
namespace {

constexpr uint32_t kMaxTargetsLimit = 1'000'000;
constexpr uint32_t kMaxApprovals = 10;
constexpr absl::Duration kMinApprovalWithin = absl::Minutes(1);
constexpr absl::Duration kMaxApprovalWithin = absl::Hours(30 * 24);

bool ParsePercent(absl::string_view text, uint32_t* percent) {
  return absl::ConsumeSuffix(&text, "%") && text.find_first_not_of("0123456789") == absl::string_view::npos &&
         absl::SimpleAtoi(text, percent) && *percent >= 1 && *percent <= 100;
}

}  // namespace

void RuleReader::ReadConditions(const RuleFields& fields, RuleDraft* draft) {
  Conditions& conditions = draft->rule.conditions;
  const YamlNode* targets = fields.Find("max_targets");
  if (targets != nullptr && targets->is_scalar() && absl::EndsWith(targets->text, "%")) {
    if (!ParsePercent(targets->text, &conditions.max_targets_percent)) {
      fields.Fail("max_targets", "'max_targets' takes 1% to 100%, or a number of nodes");
    }
  } else {
    conditions.max_targets = fields.Number("max_targets", 1, kMaxTargetsLimit).value_or(0);
  }
  conditions.concurrency = fields.Number("concurrency", 1, kMaxTargetsLimit).value_or(0);
  for (const std::string& word : fields.Texts("require")) {
    if (word == "reason") {
      conditions.needs_reason = true;
    } else if (word == "ticket") {
      conditions.needs_ticket = true;
    } else {
      fields.Fail("require", absl::StrCat("'", Printable(word), "' cannot be required; write reason, ticket or both"));
    }
  }
  if (const YamlNode* approval = fields.Find("approval")) ReadApproval(*approval, draft);
}

void RuleReader::ReadApproval(const YamlNode& node, RuleDraft* draft) {
  draft->has_approval = true;
  if (!node.is_map()) {
    return problems_->Fatal(node.line, "'approval' takes a mapping such as {count: 1, above: 20, from: group=leads}");
  }
  const RuleFields fields(node, "an approval", {"count", "above", "from", "within"}, problems_);
  Conditions& conditions = draft->rule.conditions;
  conditions.approvals = fields.Number("count", 1, kMaxApprovals).value_or(1);
  conditions.approvals_above = fields.Number("above", 0, kMaxTargetsLimit).value_or(0);
  conditions.approvers = Callers(fields, "from", &conditions.approver_names);
  if (fields.Has("from") && conditions.approvers.empty()) {
    fields.Fail("from", "'from' names nobody who could approve; name callers, or leave the key out for administrators");
  }
  const auto text = fields.Text("within");
  if (!text) return;
  const absl::StatusOr<absl::Duration> within = ParseSpan(*text);
  if (!within.ok()) return fields.Fail("within", within.status().message());
  if (*within < kMinApprovalWithin || *within > kMaxApprovalWithin) {
    return fields.Fail("within", "'within' takes 1m to 30d");
  }
  conditions.approval_within = *within;
}

}  // namespace orch::auth

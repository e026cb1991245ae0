#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/access/access_file_reader.h"
#include "auth/access/node_filters.h"
#include "auth/access/times.h"

namespace orch::auth {

void AccessFileReader::ReadFreezes(const RuleFields& fields) {
  const YamlNode* list = fields.Find("freeze");
  if (list == nullptr) return;
  if (!list->is_list() || list->items.size() > kMaxRoles) {
    return fields.Fail("freeze", absl::StrCat("'freeze' takes a list of at most ", kMaxRoles,
                                              " times, such as [{from: 2026-12-20, to: 2027-01-03}]"));
  }
  for (const YamlNode& item : list->items) ReadFreeze(item);
}

void AccessFileReader::ReadFreeze(const YamlNode& node) {
  if (!node.is_map()) return problems_.Fatal(node.line, "a freeze is a mapping: {from: 2026-12-20, to: 2027-01-03}");
  const RuleFields fields(node, "a freeze", {"from", "to", "except", "reason"}, &problems_);
  Freeze freeze;
  freeze.place = problems_.Place(node.line);
  bool complete = true;
  const auto take = [&](absl::string_view key, bool end_of_day, absl::Time* time) {
    const auto text = fields.Text(key);
    const absl::StatusOr<absl::Time> moment = ParseMoment(text.value_or(""), end_of_day);
    complete = complete && moment.ok();
    if (moment.ok()) *time = *moment;
    if (text && !moment.ok()) fields.Fail(key, moment.status().message());
    if (!text)
      problems_.Fatal(node.line, absl::StrCat("the freeze has no '", key, "'; write a date such as 2026-12-20"));
  };
  take("from", false, &freeze.from);
  take("to", true, &freeze.to);
  if (complete && freeze.to <= freeze.from) {
    problems_.Fatal(node.line, "the freeze ends before it begins; exchange 'from' and 'to'");
  }
  freeze.except = rule_reader_.Callers(fields, "except", nullptr);
  freeze.reason = fields.Text("reason").value_or("");
  rules_.freezes_.push_back(std::move(freeze));
}

void AccessFileReader::ReadCollective(const std::string& name, int line, const YamlNode& filter) {
  const std::vector<std::string> texts = TextsOf(filter, absl::StrCat("collective '", name, "'"), &problems_);
  if (texts.empty()) {
    return problems_.Fatal(line, absl::StrCat("collective '", name, "' takes a filter over labels: trusted.role=web"));
  }
  absl::StatusOr<filter::Filter> parsed = ParseNodesFilter(texts);
  if (!parsed.ok()) return problems_.Fatal(line, absl::StrCat("collective '", name, "': ", parsed.status().message()));
  rules_.collectives_.emplace(name, *std::move(parsed));
}

}  // namespace orch::auth

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "filter/compare.h"
#include "filter/describe.h"
#include "filter/evaluate.h"
#include "filter/node_view.h"
#include "filter/source.h"

namespace orch::filter {
namespace {

// The number of values that a remark lists; for further ones it tells their number.
constexpr size_t kMaxShown = 5;

std::string Listed(const std::vector<std::string>& texts) {
  std::string out;
  for (size_t i = 0; i < texts.size() && i < kMaxShown; ++i) {
    absl::StrAppend(&out, i > 0 ? ", " : "", Source::Quote(texts[i]));
  }
  if (texts.size() > kMaxShown) absl::StrAppend(&out, " and ", texts.size() - kMaxShown, " more");
  return out;
}

std::string Answer(bool yes) { return yes ? "  → yes: " : "  → no: "; }

std::string ValueRemark(const Comparison& comparison, const Json* value, absl::string_view missing) {
  if (value == nullptr) return absl::StrCat(Answer(false), missing);
  std::vector<std::string> all, found;
  AnyCandidate(*value, [&](absl::string_view candidate) {
    all.emplace_back(candidate);
    if (CandidateHolds(comparison, candidate)) found.emplace_back(candidate);
    return false;
  });
  const auto unsearched = [&](absl::string_view text) {
    return comparison.pattern != nullptr && text.size() > kMaxSearchedBytes;
  };
  const bool too_long = found.empty() && std::any_of(all.begin(), all.end(), unsearched);
  const absl::string_view kind = value->is_array() ? "an array of " : value->is_object() ? "a map with the keys " : "";
  const bool yes = found.empty() == IsNegated(comparison.op);
  if (too_long) {
    return absl::StrCat(Answer(yes), "a text of more than ", kMaxSearchedBytes,
                        " bytes is not searched by a regular expression");
  }
  if (all.empty()) return absl::StrCat(Answer(yes), "nothing in it can be compared");
  // The candidates that satisfy the plain comparison decided; if there are none, all of them did.
  if (!kind.empty() && !found.empty()) return absl::StrCat(Answer(yes), "it holds ", Listed(found));
  return absl::StrCat(Answer(yes), "it is ", kind, Listed(all));
}

std::string NamesRemark(const NameTest& name, const std::vector<std::string>& names, absl::string_view noun) {
  std::vector<std::string> found;
  std::copy_if(names.begin(), names.end(), std::back_inserter(found),
               [&name](const std::string& one) { return name.Holds(one); });
  if (!found.empty()) return absl::StrCat(Answer(true), Listed(found));
  return absl::StrCat(Answer(false), "none of its ", names.size(), " ", noun);
}

// `calls` is null if the node was not asked.
std::string CallRemark(const Expression& check, const CallResults* calls) {
  if (calls == nullptr) return "  → only the node can tell";
  const auto result = calls->find(check.call.key);
  if (result != calls->end() && !result->second.ok()) {
    return absl::StrCat(Answer(false), "the call failed, so the whole filter is false here: ",
                        Source::Printable(result->second.status().message()));
  }
  return ValueRemark(check.comparison, CallField(check.call, calls), "the node did not return the field");
}

std::string Remark(const Expression& check, const NodeView& node, const CallResults* calls) {
  switch (check.kind) {
    case Expression::Kind::kFact:
      return ValueRemark(check.comparison, LookUpFact(node.facts(), check.fact), "the node has no such fact");
    case Expression::Kind::kClass:
      return NamesRemark(check.name, node.classes(), "classes");
    case Expression::Kind::kPlugin:
      return NamesRemark(check.name, node.plugins(), "plugins");
    case Expression::Kind::kIdentity:
      return absl::StrCat(Answer(check.name.Holds(node.identity())), "it is ", Source::Quote(node.identity()));
    case Expression::Kind::kCall:
      return CallRemark(check, calls);
    default:
      return "";
  }
}

}  // namespace

std::string Explain(const Filter& filter, const NodeView& node, DataFunctions* functions) {
  const bool asked = functions != nullptr || !filter.has_data_functions();
  CallResults calls;
  Verdict verdict = Verdict::kYes;
  if (!asked) {
    verdict = Narrow(filter, node);
  } else if (!filter.empty()) {
    calls = RunCalls(*filter.root(), functions);
    const bool matches = !AnyCallFailed(calls) && Holds(*filter.root(), {node, &calls});
    verdict = matches ? Verdict::kYes : Verdict::kNo;
  }
  std::string out =
      Render(filter, [&](const Expression& check) { return Remark(check, node, asked ? &calls : nullptr); });
  const std::string name = Source::Printable(node.identity());
  if (verdict == Verdict::kAskNode) return absl::StrCat(out, "only the node can tell whether ", name, " matches\n");
  return absl::StrCat(out, name, verdict == Verdict::kYes ? " matches" : " does not match", "\n");
}

}  // namespace orch::filter

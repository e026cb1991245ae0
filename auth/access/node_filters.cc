#include "auth/access/node_filters.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "filter/expression.h"
#include "filter/node_view.h"
#include "filter/option.h"

namespace orch::auth {
namespace {

using filter::Expression;
using filter::Filter;
using filter::Option;
using filter::OptionKind;

constexpr absl::string_view kTrusted = "trusted.";

absl::StatusOr<Option> OptionOf(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (!absl::StartsWith(text, "-")) return Option{OptionKind::kCompound, std::string(text)};
  const size_t end = text.find_first_of(" \t=");
  std::vector<std::string> words = {std::string(text.substr(0, end))};
  if (end != absl::string_view::npos) words.emplace_back(absl::StripLeadingAsciiWhitespace(text.substr(end + 1)));
  if (words[0].size() > 2 && !absl::StartsWith(words[0], "--")) words = {std::string(text)};  // -Fx
  ORCH_ASSIGN_OR_RETURN(std::vector<Option> options, filter::OptionsFromWords(words));
  if (options.size() == 1) return std::move(options.front());
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is more than one filter option; write a list of them"));
}

// The first line: the others repeat the text with a caret, which needs a terminal.
absl::Status FirstLine(const absl::Status& status) {
  const absl::string_view message = status.message();
  return absl::Status(status.code(), message.substr(0, message.find('\n')));
}

absl::StatusOr<Filter> ParseTexts(const std::vector<std::string>& texts) {
  std::vector<Option> options;
  for (const std::string& text : texts) {
    ORCH_ASSIGN_OR_RETURN(Option option, OptionOf(text));
    options.push_back(std::move(option));
  }
  absl::StatusOr<Filter> filter = Filter::Parse(options);
  if (!filter.ok()) return FirstLine(filter.status());
  ORCH_RETURN_IF_ERROR(filter::CheckIdentityNames(options));
  return filter;
}

absl::Status CheckNodes(const Expression& expression) {
  switch (expression.kind) {
    case Expression::Kind::kFact:
      if (absl::StartsWith(expression.fact, kTrusted)) break;
      return absl::InvalidArgumentError(
          absl::StrCat("'", expression.fact,
                       "' is a fact that a node says of itself, and 'nodes' takes only labels of the "
                       "hub (trusted.NAME) and identities (-I NAME); demand a fact with 'facts:' beside 'nodes:'"));
    case Expression::Kind::kClass:
      return absl::InvalidArgumentError(
          absl::StrCat("'", expression.name.text,
                       "' is a class, and 'nodes' takes only labels of the hub (trusted.NAME) "
                       "and identities (-I NAME); demand a class with 'facts:' beside 'nodes:'"));
    case Expression::Kind::kPlugin:
    case Expression::Kind::kCall:
      return absl::InvalidArgumentError(
          "'nodes' takes only labels of the hub (trusted.NAME) and identities (-I NAME), no plugins and data "
          "functions");
    default:
      break;
  }
  for (const filter::ExpressionPtr& child : expression.children) ORCH_RETURN_IF_ERROR(CheckNodes(*child));
  return absl::OkStatus();
}

class NodeNamed final : public filter::NodeView {
 public:
  explicit NodeNamed(absl::string_view identity) : identity_(identity) {}
  absl::string_view identity() const override { return identity_; }
  const Json& facts() const override { return facts_; }
  const std::vector<std::string>& classes() const override { return none_; }
  const std::vector<std::string>& plugins() const override { return none_; }

 private:
  const absl::string_view identity_;
  const Json facts_ = Json::object();
  const std::vector<std::string> none_;
};

struct Parted {
  std::vector<Option> identities, others;
};

Parted Part(const Filter& filter) {
  Parted parted;
  for (const Option& option : filter.options()) {
    (option.kind == OptionKind::kIdentity ? parted.identities : parted.others).push_back(option);
  }
  return parted;
}

// Several -I mean one of them, so those of two filters must not simply be put side by side.
absl::StatusOr<std::vector<Option>> BothIdentities(const std::vector<Option>& a, const std::vector<Option>& b) {
  if (a.empty() || b.empty()) return a.empty() ? b : a;
  ORCH_ASSIGN_OR_RETURN(const Filter one, Filter::Parse(a));
  ORCH_ASSIGN_OR_RETURN(const Filter other, Filter::Parse(b));
  if (one.literal_identities().empty() && other.literal_identities().empty()) {
    return absl::InvalidArgumentError(
        "both this rule and its role name identities by regular expressions; write them in one of the two");
  }
  const bool first = !one.literal_identities().empty();
  const Filter& test = first ? other : one;
  std::vector<Option> both;
  for (const std::string& name : (first ? one : other).literal_identities()) {
    const NodeNamed node(name);
    if (filter::Narrow(test, node) == filter::Verdict::kYes) both.push_back({OptionKind::kIdentity, name});
  }
  return both;
}

}  // namespace

absl::StatusOr<Filter> ParseNodesFilter(const std::vector<std::string>& texts) {
  ORCH_ASSIGN_OR_RETURN(Filter filter, ParseTexts(texts));
  if (!filter.empty()) ORCH_RETURN_IF_ERROR(CheckNodes(*filter.root()));
  return filter;
}

absl::StatusOr<Filter> ParseFactsFilter(const std::vector<std::string>& texts) {
  ORCH_ASSIGN_OR_RETURN(Filter filter, ParseTexts(texts));
  if (filter.has_data_functions()) {
    return absl::InvalidArgumentError("'facts' takes no data functions, because only a node can run them");
  }
  for (const Option& option : filter.options()) {
    if (option.kind == OptionKind::kIdentity) {
      return absl::InvalidArgumentError("'facts' takes no identities; write -I below 'nodes:'");
    }
  }
  return filter;
}

absl::StatusOr<std::optional<Filter>> BothFilters(const Filter& a, const Filter& b) {
  if (a.empty() || b.empty()) return std::optional<Filter>(a.empty() ? b : a);
  Parted one = Part(a), other = Part(b);
  ORCH_ASSIGN_OR_RETURN(std::vector<Option> options, BothIdentities(one.identities, other.identities));
  const bool had_identities = !one.identities.empty() || !other.identities.empty();
  if (had_identities && options.empty()) return std::optional<Filter>();
  options.insert(options.end(), one.others.begin(), one.others.end());
  options.insert(options.end(), other.others.begin(), other.others.end());
  absl::StatusOr<Filter> both = Filter::Parse(options);
  if (!both.ok()) return FirstLine(both.status());
  return std::optional<Filter>(*std::move(both));
}

}  // namespace orch::auth

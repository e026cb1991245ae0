#include "cli/options/reply_filter.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "filter/expression.h"
#include "filter/node_view.h"

namespace orch::cli {
namespace {

class DataView final : public filter::NodeView {
 public:
  explicit DataView(const Json& data) : data_(data) {}
  absl::string_view identity() const override { return ""; }
  const Json& facts() const override { return data_; }
  const std::vector<std::string>& classes() const override { return none_; }
  const std::vector<std::string>& plugins() const override { return none_; }

 private:
  const Json& data_;
  const std::vector<std::string> none_;
};

bool NamesAClass(const filter::Expression& expression) {
  return expression.kind == filter::Expression::Kind::kClass ||
         std::any_of(expression.children.begin(), expression.children.end(),
                     [](const filter::ExpressionPtr& child) { return NamesAClass(*child); });
}

absl::Status Refused(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("option --reply-filter: ", why));
}

}  // namespace

absl::StatusOr<ReplyFilter> ReplyFilter::Parse(absl::string_view text) {
  const filter::Option option{filter::OptionKind::kCompound, std::string(text)};
  absl::StatusOr<filter::Filter> parsed = filter::Filter::Parse({option});
  if (!parsed.ok()) return Refused(absl::StripPrefix(parsed.status().message(), "-S: "));
  if (parsed->has_data_functions())
    return Refused("a data function asks a node; a reply has fields, as in status=running");
  if (NamesAClass(*parsed->root())) {
    return Refused("a word alone is a class, and a reply has none; compare a field, as in status=running");
  }
  return ReplyFilter(*std::move(parsed));
}

bool ReplyFilter::Matches(const Json& data) const { return filter::Matches(filter_, DataView(data), nullptr); }

}  // namespace orch::cli

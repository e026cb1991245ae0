// Parses -C, -I and -A: one name, as exact text or /regex/.
#include <utility>

#include "base/status_macros.h"
#include "filter/lexer.h"
#include "filter/parser.h"
#include "filter/value_parser.h"

namespace orch::filter {
namespace {

Expression::Kind NameKind(OptionKind kind) {
  switch (kind) {
    case OptionKind::kIdentity:
      return Expression::Kind::kIdentity;
    case OptionKind::kPlugin:
      return Expression::Kind::kPlugin;
    default:
      return Expression::Kind::kClass;
  }
}

}  // namespace

absl::StatusOr<ExpressionPtr> ParseNameOption(const Source& source) {
  const absl::string_view text = source.text();
  NameTest name{std::string(text), nullptr};
  if (!text.empty() && text[0] == '/') {
    ORCH_ASSIGN_OR_RETURN(name, ParseNamePattern(source, 0, text.size()));
  }
  return MakeName(NameKind(source.kind()), std::move(name));
}

}  // namespace orch::filter

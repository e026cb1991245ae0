#include "filter/describe.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "filter/source.h"

namespace orch::filter {
namespace {

constexpr size_t kIndent = 2;

std::string Quoted(absl::string_view text) { return absl::StrCat("'", Source::Printable(text), "'"); }

// Shows an = with a pattern as the search that it is.
std::string ComparisonText(const Comparison& comparison) {
  if (comparison.pattern == nullptr) return absl::StrCat(OperatorText(comparison.op), " ", Quoted(comparison.text));
  return absl::StrCat(IsNegated(comparison.op) ? "!~ " : "=~ ", Source::Printable(comparison.pattern->Written()));
}

std::string NameText(const NameTest& name, absl::string_view noun) {
  if (name.pattern == nullptr) return absl::StrCat(noun, " ", Quoted(name.text));
  return absl::StrCat("a ", noun, " that matches ", Source::Printable(name.pattern->Written()));
}

std::string CallText(const DataCall& call) {
  const std::string arguments = absl::StrJoin(call.arguments, ", ", [](std::string* out, const std::string& argument) {
    const char quote = argument.find('\'') == std::string::npos ? '\'' : '"';
    absl::StrAppend(out, std::string(1, quote), Source::Printable(argument), std::string(1, quote));
  });
  return absl::StrCat(call.function, "(", arguments, ").", call.field);
}

class Renderer {
 public:
  explicit Renderer(const std::function<std::string(const Expression&)>& remark) : remark_(remark) {}

  void Add(const Expression& expression, size_t depth) {
    switch (expression.kind) {
      case Expression::Kind::kAnd:
        return AddJoined(expression, "AND", depth);
      case Expression::Kind::kOr:
        return AddJoined(expression, "OR", depth);
      case Expression::Kind::kNot:
        Line("NOT", depth);
        return AddPart(*expression.children.front(), depth);
      default:
        Line(absl::StrCat(CheckText(expression), remark_(expression)), depth);
    }
  }

  // Encloses a group inside another part in parentheses.
  void AddPart(const Expression& part, size_t depth) {
    if (part.kind != Expression::Kind::kAnd && part.kind != Expression::Kind::kOr) return Add(part, depth);
    Line("(", depth);
    Add(part, depth + 1);
    Line(")", depth);
  }

  void Line(absl::string_view text, size_t depth) {
    absl::StrAppend(&out_, std::string(text.empty() ? 0 : depth * kIndent, ' '), text, "\n");
  }

  const std::string& text() const { return out_; }

 private:
  void AddJoined(const Expression& expression, absl::string_view word, size_t depth) {
    for (size_t i = 0; i < expression.children.size(); ++i) {
      if (i > 0) Line(word, depth);
      AddPart(*expression.children[i], depth);
    }
  }

  const std::function<std::string(const Expression&)>& remark_;
  std::string out_;
};

}  // namespace

std::string CheckText(const Expression& check) {
  switch (check.kind) {
    case Expression::Kind::kFact:
      return absl::StrCat("Check if fact ", Quoted(check.fact), " ", ComparisonText(check.comparison));
    case Expression::Kind::kCall:
      return absl::StrCat("Check if data function ", CallText(check.call), " ", ComparisonText(check.comparison));
    case Expression::Kind::kClass:
      return absl::StrCat("Check if ", NameText(check.name, "class"), " is present on the host");
    case Expression::Kind::kPlugin:
      return absl::StrCat("Check if ", NameText(check.name, "plugin"), " is present on the host");
    case Expression::Kind::kIdentity:
      if (check.name.pattern == nullptr) return absl::StrCat("Check if the identity is ", Quoted(check.name.text));
      return absl::StrCat("Check if the identity matches ", Source::Printable(check.name.pattern->Written()));
    default:
      return "";
  }
}

std::string Render(const Filter& filter, const std::function<std::string(const Expression&)>& remark) {
  if (filter.empty()) return "No filter: every node matches\n";
  Renderer renderer(remark);
  const auto& parts = filter.root()->children;
  for (size_t i = 0; i < parts.size(); ++i) {
    const absl::string_view letter = OptionLetter(parts[i]->origin);
    renderer.Line(absl::StrCat(letter, " Query expands to the following instructions:"), 0);
    renderer.Line("", 0);
    // Options of one kind that are all required share one block.
    const bool several = i + 1 < parts.size() && parts[i + 1]->origin == parts[i]->origin;
    several ? renderer.AddPart(*parts[i], 1) : renderer.Add(*parts[i], 1);
    for (; i + 1 < parts.size() && parts[i + 1]->origin == parts[i]->origin; ++i) {
      renderer.Line("AND", 1);
      renderer.AddPart(*parts[i + 1], 1);
    }
    renderer.Line("", 0);
  }
  return renderer.text();
}

std::string Describe(const Filter& filter) {
  return Render(filter, [](const Expression&) { return std::string(); });
}

}  // namespace orch::filter

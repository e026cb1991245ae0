#include "auth/access/policy_reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/foreign_text.h"
#include "base/text_file.h"
#include "filter/expression.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kForm = "write allow or deny, callers, actions, facts and classes with tabs between them";

std::vector<absl::string_view> BlankWords(absl::string_view text) {
  return absl::StrSplit(text, absl::ByAnyChar(" \t"), absl::SkipEmpty());
}

// The fields of a rule: parted by tabs if the line has one, else by two blanks or more.
std::vector<std::string> FieldsOf(absl::string_view line) {
  std::vector<std::string> fields;
  if (absl::StrContains(line, '\t')) {
    for (const absl::string_view field : absl::StrSplit(line, '\t')) {
      const absl::string_view text = absl::StripAsciiWhitespace(field);
      if (!text.empty()) fields.emplace_back(text);
    }
    return fields;
  }
  while (!line.empty()) {
    const size_t end = line.find("  ");
    fields.emplace_back(line.substr(0, end));
    line = end == absl::string_view::npos ? "" : absl::StripLeadingAsciiWhitespace(line.substr(end));
  }
  return fields;
}

// MCollective's test for a compound expression.
bool IsCompound(absl::string_view field) {
  const std::vector<absl::string_view> words = BlankWords(field);
  return std::any_of(words.begin(), words.end(), [](absl::string_view word) {
    return absl::StartsWith(word, "!") || word == "not" || word == "or" || word == "and" ||
           (absl::StrContains(word, '(') && !absl::StartsWith(word, "/"));
  });
}

bool IsActionOfPolicy(absl::string_view word) {
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-'; });
}

std::vector<filter::Option> OptionsOf(absl::string_view field, absl::string_view what) {
  if (IsCompound(field)) return {{filter::OptionKind::kCompound, std::string(field)}};
  if (what == "facts") return {{filter::OptionKind::kCombined, std::string(field)}};
  std::vector<filter::Option> options;
  for (const absl::string_view word : BlankWords(field)) {
    options.push_back({filter::OptionKind::kClass, std::string(word)});
  }
  return options;
}

}  // namespace

ActionPolicy ActionPolicy::Parse(absl::string_view text, const std::string& file, const PolicyGroups& groups,
                                 std::vector<AccessProblem>* problems) {
  return PolicyReader(file, groups).Read(text, problems);
}

ActionPolicy PolicyReader::Read(absl::string_view text, std::vector<AccessProblem>* problems) {
  policy_.file_ = file_;
  const absl::StatusOr<std::string> decoded = DecodeText(text, file_);
  if (text.size() > kMaxPolicyFileBytes) {
    problems_.Fatal(1, absl::StrCat("holds more than the ", kMaxPolicyFileBytes, " bytes accepted"));
  } else if (!decoded.ok()) {
    problems_.FatalAt(decoded.status().message());
  } else {
    for (const absl::string_view line : absl::StrSplit(*decoded, '\n')) {
      ++line_;
      ReadLine(absl::StripAsciiWhitespace(line));
    }
    if (policy_.default_line_ == 0 && !problems_.has_fatal()) {
      problems_.Warn(1,
                     "there is no line 'policy default deny' or 'policy default allow'; what no line allows is denied");
    }
  }
  policy_.broken_ = std::string(problems_.Finish(problems).message());
  return std::move(policy_);
}

void PolicyReader::ReadLine(absl::string_view line) {
  if (line.empty() || absl::StartsWith(line, "#")) return;
  const absl::string_view first = BlankWords(line).front();
  if (first == "policy") return ReadDefault(line);
  if (first == "allow" || first == "deny") return ReadRule(line);
  Fatal(absl::StrCat("'", Printable(first), "' begins no line of a policy; ", kForm, ", or 'policy default deny'"));
}

void PolicyReader::ReadDefault(absl::string_view line) {
  const std::vector<absl::string_view> words = BlankWords(line);
  if (words.size() != 3 || words[1] != "default" || (words[2] != "allow" && words[2] != "deny")) {
    return Fatal("write 'policy default deny' or 'policy default allow'");
  }
  if (policy_.default_line_ != 0) {
    problems_.Warn(line_, absl::StrCat("replaces the default of line ", policy_.default_line_, "; write one default"));
  }
  policy_.default_allow_ = words[2] == "allow";
  policy_.default_line_ = line_;
}

void PolicyReader::ReadRule(absl::string_view line) {
  if (!absl::StrContains(line, '\t') && !std::exchange(warned_of_blanks_, true)) {
    problems_.Warn(line_, "the fields are parted by blanks; MCollective ignores such a line, write tabs");
  }
  const std::vector<std::string> fields = FieldsOf(line);
  if (fields.size() < 4 || fields.size() > 5 || (fields[0] != "allow" && fields[0] != "deny")) {
    return Fatal(absl::StrCat("the line has ", fields.size(), fields.size() == 1 ? " field" : " fields",
                              ", and a rule has four or five; ", kForm, " (one blank parts words within a field)"));
  }
  if (policy_.rules_.size() == kMaxPolicyRules) {
    return Fatal(absl::StrCat("the file has more than ", kMaxPolicyRules, " rules"));
  }
  ActionPolicy::Rule rule;
  rule.line = line_;
  rule.allow = fields[0] == "allow";
  rule.callers = ReadCallers(fields[1]);
  rule.actions = ReadActions(fields[2]);
  rule.facts = ReadFilter(fields[3], "facts", fields.size() == 4);
  if (fields.size() == 5) rule.classes = ReadFilter(fields[4], "classes", false);
  policy_.has_data_functions_ |= rule.facts.has_data_functions() || rule.classes.has_data_functions();
  policy_.rules_.push_back(std::move(rule));
}

std::vector<CallerPattern> PolicyReader::ReadCallers(absl::string_view field) {
  std::vector<CallerPattern> callers;
  const std::vector<absl::string_view> words = BlankWords(field);
  for (const absl::string_view word : words) {
    if (word == "*" && words.size() > 1) Fatal("'*' among other callers; write '*' alone");
    if (IsPolicyGroupName(word)) {
      const std::vector<CallerPattern>* group = groups_.Find(word);
      if (group == nullptr) {
        Fatal(groups_.WhyUnknown(word));
      } else {
        callers.insert(callers.end(), group->begin(), group->end());
      }
      continue;
    }
    absl::StatusOr<CallerPattern> caller = CallerPattern::ParsePolicyWord(word);
    if (!caller.ok()) {
      Fatal(caller.status().message());
      continue;
    }
    if (caller->is_foreign()) {
      problems_.Warn(line_, absl::StrCat("no caller is named ", word, "; callers are client=, cert=, user= and oidc="));
    }
    callers.push_back(*std::move(caller));
  }
  return callers;
}

std::vector<std::string> PolicyReader::ReadActions(absl::string_view field) {
  std::vector<std::string> actions;
  if (field == "*") return actions;
  for (const absl::string_view word : BlankWords(field)) {
    if (!IsActionOfPolicy(word)) {
      Fatal(
          absl::StrCat("'", Printable(word), "' names no action; write names with blanks between them, or '*' alone"));
    }
    actions.emplace_back(word);
  }
  return actions;
}

filter::Filter PolicyReader::ReadFilter(absl::string_view field, absl::string_view what, bool alone) {
  if (field == "*") return {};
  for (const absl::string_view word : BlankWords(field)) {
    if (word == "*" || absl::StartsWith(word, "#")) {
      Fatal(absl::StrCat("'", Printable(word), "' among the ", what,
                         "; '*' stands alone, and a comment begins its line"));
      return {};
    }
  }
  absl::StatusOr<filter::Filter> filter = filter::Filter::Parse(OptionsOf(field, what));
  if (!filter.ok()) {
    const absl::string_view message = filter.status().message();
    Fatal(absl::StrCat("the ", what, ": ", message.substr(0, message.find('\n'))));
    return {};
  }
  if (what == "facts" && !alone && !IsCompound(field)) {
    for (const filter::ExpressionPtr& check : filter->root()->children) {
      const auto* one = check.get();
      const bool is_group = one->kind == filter::Expression::Kind::kAnd;
      const auto is_fact = [](const auto& part) { return part->kind == filter::Expression::Kind::kFact; };
      if (is_group ? std::all_of(one->children.begin(), one->children.end(), is_fact) : is_fact(one)) continue;
      Fatal(absl::StrCat("'", Printable(field),
                         "': facts are comparisons such as environment=production; classes stand in "
                         "the fifth field"));
    }
  }
  return *std::move(filter);
}

}  // namespace orch::auth

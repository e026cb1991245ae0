#include "actions/ddl/load_fields.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actions/ddl/validators.h"
#include "base/json_number.h"
#include "base/nearest_word.h"
#include "base/status_macros.h"
#include "re2/re2.h"

namespace orch::ddl {
namespace {

constexpr size_t kMaxListItems = 1024;
constexpr int64_t kMaxLengthLimit = 16 << 20;
constexpr int64_t kRegexMemory = 1 << 20;

struct TypeEntry {
  absl::string_view name;
  InputType type;
};
constexpr TypeEntry kTypes[] = {
    {"string", InputType::kString},   {"list", InputType::kList},   {"boolean", InputType::kBoolean},
    {"integer", InputType::kInteger}, {"float", InputType::kFloat}, {"number", InputType::kNumber},
    {"hash", InputType::kHash},       {"array", InputType::kArray},
};

absl::StatusOr<InputType> LoadType(const Place& place) {
  ORCH_ASSIGN_OR_RETURN(const std::string text, place.Text("type"));
  const std::string name = absl::AsciiStrToLower(text);  // Choria also writes Hash and Array
  std::vector<std::string> names;
  for (const TypeEntry& entry : kTypes) {
    if (entry.name == name) return entry.type;
    names.emplace_back(entry.name);
  }
  return place.Member("type")->Error(
      absl::StrCat("'", text, "' is no input type; use one of ", absl::StrJoin(names, ", ")));
}

// A word such as shellsafe names a validator; anything else is a regular expression.
bool LooksLikeValidatorName(absl::string_view text) {
  return absl::ascii_islower(text[0]) && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_islower(c) || absl::ascii_isdigit(c) || c == '_';
         });
}

absl::Status LoadValidation(const Place& place, Input* input) {
  ORCH_ASSIGN_OR_RETURN(input->validation, place.TextOr("validation", ""));
  if (input->validation.empty()) return absl::OkStatus();
  const Place where = *place.Member("validation");
  if (input->type == InputType::kBoolean || input->type == InputType::kHash) {
    return where.Error(absl::StrCat("an input of type ", TypeName(input->type), " takes no validation; remove it"));
  }
  if (LooksLikeValidatorName(input->validation)) {
    if (IsNamedValidator(input->validation)) return absl::OkStatus();
    const std::vector<std::string> known = NamedValidators();
    return where.Error(absl::StrCat("no validator is named '", input->validation, "'",
                                    DidYouMean(input->validation, known), " Known: ", absl::StrJoin(known, ", "),
                                    ". To mean a regular expression, anchor it: ^", input->validation, "$"));
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexMemory);
  auto pattern = std::make_shared<const RE2>(input->validation, options);
  if (!pattern->ok()) {
    const bool ruby_end = input->validation.find("\\Z") != std::string::npos;
    return where.Error(absl::StrCat("'", input->validation, "' is not a valid RE2 regular expression: ",
                                    pattern->error(), ruby_end ? "; write \\z for Ruby's \\Z" : "; see RE2's syntax"));
  }
  input->pattern = std::move(pattern);
  return absl::OkStatus();
}

absl::Status LoadMaxLength(const Place& place, Input* input) {
  const std::optional<Place> member = place.Member("maxlength");
  if (!member) return absl::OkStatus();
  const Json& value = member->value();
  const bool whole = value.is_number() && std::floor(value.get<double>()) == value.get<double>();
  if (!whole || value.get<double>() < 0 || value.get<double>() > static_cast<double>(kMaxLengthLimit)) {
    return member->Error(absl::StrCat("must be a whole number of characters from 0 (no limit) to ", kMaxLengthLimit));
  }
  input->max_length = static_cast<size_t>(value.get<double>());
  return absl::OkStatus();
}

absl::Status LoadList(const Place& place, Input* input) {
  const std::optional<Place> member = place.Member("list");
  if (!member || !member->value().is_array() || member->value().empty()) {
    return place.Error("an input of type list needs 'list', an array of the values it may have");
  }
  if (member->value().size() > kMaxListItems) {
    return member->Error(absl::StrCat("holds more than ", kMaxListItems, " values"));
  }
  for (size_t i = 0; i < member->value().size(); ++i) {
    const Json& item = member->value()[i];
    if (!item.is_string() && !IsNumber(item) && !item.is_boolean()) {
      return member->Element(i).Error(
          absl::StrCat("must be text, a number, true or false, found ", JsonTypeName(item)));
    }
    input->list.push_back(item);
  }
  return absl::OkStatus();
}

bool IsNumberOf(InputType type, const Json& value) {
  if (type == InputType::kInteger) return IsInteger(value);
  return IsInteger(value) || (value.is_number() && std::isfinite(value.get<double>()));
}

}  // namespace

absl::string_view TypeName(InputType type) {
  for (const TypeEntry& entry : kTypes) {
    if (entry.type == type) return entry.name;
  }
  return "unknown";
}

std::string TypeProblem(const Input& input, const Json& value) {
  switch (input.type) {
    case InputType::kString:
      return value.is_string() ? "" : "must be text";
    case InputType::kList:
      if (std::find(input.list.begin(), input.list.end(), value) != input.list.end()) return "";
      return absl::StrCat("must be one of ", absl::StrJoin(input.list, ", ", [](std::string* out, const Json& item) {
                            out->append(item.is_string() ? item.get<std::string>() : DumpJson(item));
                          }));
    case InputType::kBoolean:
      return value.is_boolean() ? "" : "must be true or false";
    case InputType::kInteger:
      return IsNumberOf(input.type, value) ? "" : "must be an integer";
    case InputType::kFloat:
    case InputType::kNumber:
      return IsNumberOf(input.type, value) ? "" : "must be a number";
    case InputType::kHash:
      return value.is_object() ? "" : "must be a hash (a JSON object)";
    case InputType::kArray:
      return value.is_array() ? "" : "must be an array (JSON)";
  }
  return "is of an unknown type";
}

absl::StatusOr<Input> LoadInput(const std::string& name, const Place& place) {
  ORCH_RETURN_IF_ERROR(place.RequireObject());
  Input input;
  input.name = name;
  ORCH_ASSIGN_OR_RETURN(input.type, LoadType(place));
  ORCH_ASSIGN_OR_RETURN(input.prompt, place.TextOr("prompt", name));
  ORCH_ASSIGN_OR_RETURN(input.description, place.TextOr("description", ""));
  ORCH_ASSIGN_OR_RETURN(input.optional, place.BoolOr("optional", false));
  ORCH_ASSIGN_OR_RETURN(input.sensitive, place.BoolOr("sensitive", false));
  ORCH_RETURN_IF_ERROR(LoadValidation(place, &input));
  ORCH_RETURN_IF_ERROR(LoadMaxLength(place, &input));
  if (input.type == InputType::kList) ORCH_RETURN_IF_ERROR(LoadList(place, &input));
  if (const std::optional<Place> value = place.Member("default")) {
    if (const std::string problem = TypeProblem(input, value->value()); !problem.empty()) {
      return value->Error(absl::StrCat("the default ", problem));
    }
    input.default_value = value->value();
  }
  return input;
}

absl::StatusOr<Output> LoadOutput(const std::string& name, const Place& place) {
  ORCH_RETURN_IF_ERROR(place.RequireObject());
  Output output;
  output.name = name;
  ORCH_ASSIGN_OR_RETURN(output.description, place.TextOr("description", ""));
  ORCH_ASSIGN_OR_RETURN(output.display_as, place.TextOr("display_as", name));
  if (output.display_as.empty()) output.display_as = name;
  ORCH_ASSIGN_OR_RETURN(output.type, place.TextOr("type", ""));
  if (const std::optional<Place> value = place.Member("default")) output.default_value = value->value();
  return output;
}

absl::StatusOr<Aggregate> LoadAggregate(const Place& place) {
  ORCH_RETURN_IF_ERROR(place.RequireObject());
  Aggregate aggregate;
  ORCH_ASSIGN_OR_RETURN(aggregate.function, place.Text("function"));
  const std::optional<Place> args = place.Member("args");
  if (!args || !args->value().is_array() || args->value().empty() || !args->value()[0].is_string()) {
    return place.Error("'args' must be an array that starts with the name of an output");
  }
  aggregate.output = args->value()[0].get<std::string>();
  aggregate.arguments = Json::array();
  for (size_t i = 1; i < args->value().size(); ++i) {
    const Json& argument = args->value()[i];
    aggregate.arguments.push_back(argument);
    if (!argument.is_object()) continue;
    ORCH_ASSIGN_OR_RETURN(const std::string format, args->Element(i).TextOr("format", ""));
    if (!format.empty()) aggregate.format = format;
  }
  return aggregate;
}

}  // namespace orch::ddl

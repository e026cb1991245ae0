#include "actions/ddl/validate.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actions/ddl/load_fields.h"
#include "actions/ddl/validators.h"
#include "base/nearest_word.h"
#include "base/status_macros.h"
#include "base/text_file.h"
#include "re2/re2.h"

namespace orch::ddl {
namespace {

constexpr size_t kMaxQuotedBytes = 60;

// Counts the code points of valid UTF-8.
size_t Characters(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

// Refuses NUL, which no argument of a program can contain, and text that is not UTF-8, which JSON cannot carry.
std::string TextProblem(const Json& value) {
  if (value.is_string()) {
    const std::string& text = value.get_ref<const std::string&>();
    if (absl::StrContains(text, '\0')) return "must not hold a NUL byte";
    return IsUtf8(text) ? "" : "must be valid UTF-8";
  }
  if (!value.is_structured()) return "";
  for (const auto& item : value.items()) {
    if (value.is_object()) {
      if (std::string problem = TextProblem(Json(item.key())); !problem.empty()) return problem;
    }
    if (std::string problem = TextProblem(item.value()); !problem.empty()) return problem;
  }
  return "";
}

std::string ValidationProblem(const Input& input, absl::string_view text) {
  if (input.validation.empty()) return "";
  if (input.pattern == nullptr) {
    return std::string(CheckNamedValidator(input.validation, text).message());
  }
  if (RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *input.pattern)) return "";
  return absl::StrCat("must match ", input.validation);
}

std::string LengthProblem(const Input& input, const Json& value) {
  if (input.max_length == 0) return "";
  const bool text = value.is_string();
  const size_t size = text ? Characters(value.get_ref<const std::string&>()) : value.size();
  if (size <= input.max_length || (!text && !value.is_structured())) return "";
  return absl::StrCat("must have at most ", input.max_length, text ? " characters, has " : " entries, has ", size);
}

std::string ScalarText(const Json& value) { return value.is_string() ? value.get<std::string>() : DumpJson(value); }

std::string InputProblem(const Input& input, const Json& value) {
  if (std::string problem = TypeProblem(input, value); !problem.empty()) return problem;
  if (std::string problem = TextProblem(value); !problem.empty()) return problem;
  if (input.default_value && *input.default_value == value) return "";  // the author's own value
  if (std::string problem = LengthProblem(input, value); !problem.empty()) return problem;
  if (!value.is_array()) return value.is_object() ? "" : ValidationProblem(input, ScalarText(value));
  for (const Json& element : value) {
    if (std::string problem = ValidationProblem(input, ScalarText(element)); !problem.empty()) {
      return absl::StrCat("each element ", problem);
    }
  }
  return "";
}

std::string Quoted(const Input& input, const Json& value) {
  if (input.sensitive) return "";
  std::string text = ScalarText(value);
  const bool cut = text.size() > kMaxQuotedBytes;
  if (cut) text.resize(kMaxQuotedBytes);
  return absl::StrCat(", found '", absl::CHexEscape(text), cut ? "…'" : "'");
}

}  // namespace

absl::StatusOr<const Action*> RequireAction(const Plugin& plugin, absl::string_view action) {
  if (const Action* found = plugin.FindAction(action)) return found;
  std::vector<std::string> names;
  for (const auto& [name, unused] : plugin.actions) names.push_back(name);
  const std::string hint = DidYouMean(action, names);
  return absl::NotFoundError(absl::StrCat("plugin ", plugin.name, " has no action '", action, "'", hint,
                                          hint.empty() ? "; it has: " : " It has: ", absl::StrJoin(names, ", ")));
}

void FillInputDefaults(const Action& action, Json* inputs) {
  if (!inputs->is_object()) *inputs = Json::object();
  for (const Input& input : action.inputs) {
    if (input.default_value && !inputs->contains(input.name)) (*inputs)[input.name] = *input.default_value;
  }
}

void FillOutputDefaults(const Action& action, Json* data) {
  if (!data->is_object()) *data = Json::object();
  for (const Output& output : action.outputs) {
    if (output.default_value && !data->contains(output.name)) (*data)[output.name] = *output.default_value;
  }
}

absl::Status ValidateInputs(const Plugin& plugin, const Action& action, const Json& inputs) {
  if (!inputs.is_object()) return absl::InvalidArgumentError("the inputs must be one JSON object {…}");
  for (const Input& input : action.inputs) {
    const auto found = inputs.find(input.name);
    if (found == inputs.end()) {
      if (input.optional) continue;
      return absl::FailedPreconditionError(absl::StrCat("input '", input.name, "': is missing; action ", plugin.name,
                                                        " ", action.name, " needs it: ", input.description));
    }
    if (const std::string problem = InputProblem(input, *found); !problem.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("input '", input.name, "': ", problem, Quoted(input, *found)));
    }
  }
  if (inputs.size() > kMaxFields) {
    return absl::InvalidArgumentError(absl::StrCat("more than ", kMaxFields, " inputs are given"));
  }
  for (const auto& item : inputs.items()) {
    if (action.FindInput(item.key()) != nullptr) continue;
    const std::string key = absl::CHexEscape(item.key().substr(0, kMaxQuotedBytes));
    if (!action.additional_inputs) {
      std::vector<std::string> names;
      for (const Input& input : action.inputs) names.push_back(input.name);
      return absl::InvalidArgumentError(absl::StrCat(
          "input '", key, "': is not declared by ", plugin.name, " ", action.name, DidYouMean(item.key(), names),
          names.empty() ? "; it takes none" : absl::StrCat(" (it takes: ", absl::StrJoin(names, ", "), ")")));
    }
    std::string problem = TextProblem(Json(item.key()));
    if (problem.empty()) problem = TextProblem(item.value());
    if (!problem.empty()) return absl::InvalidArgumentError(absl::StrCat("input '", key, "': ", problem));
  }
  return absl::OkStatus();
}

Json Redact(const Action& action, const Json& inputs) {
  Json copy = inputs;
  if (!copy.is_object()) return copy;
  for (const Input& input : action.inputs) {
    if (input.sensitive && copy.contains(input.name)) copy[input.name] = "***";
  }
  return copy;
}

}  // namespace orch::ddl

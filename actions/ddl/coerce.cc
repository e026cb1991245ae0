// Converts words of a command line to typed inputs.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actions/ddl/validate.h"
#include "base/json_number.h"
#include "base/nearest_word.h"
#include "base/status_macros.h"

namespace orch::ddl {
namespace {

absl::Status Wrong(const Input& input, absl::string_view text, absl::string_view expected) {
  return absl::InvalidArgumentError(absl::StrCat("input '", input.name, "': ", expected,
                                                 input.sensitive ? "" : absl::StrCat(", found '", text, "'")));
}

absl::StatusOr<Json> CoerceBoolean(const Input& input, const std::string& text) {
  const std::string lower = absl::AsciiStrToLower(text);
  for (const char* word : {"true", "t", "yes", "y", "1"}) {
    if (lower == word) return Json(true);
  }
  for (const char* word : {"false", "f", "no", "n", "0"}) {
    if (lower == word) return Json(false);
  }
  return Wrong(input, text, "must be true or false (t, yes, y, 1, f, no, n, 0)");
}

// Takes [+-]digits[.digits], as the filter language does; neither exponents nor hexadecimal numbers.
bool IsDecimal(absl::string_view text, bool* fraction) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) text.remove_prefix(1);
  const size_t dot = text.find('.');
  *fraction = dot != absl::string_view::npos;
  const auto digits = [](absl::string_view part) {
    for (char c : part) {
      if (!absl::ascii_isdigit(c)) return false;
    }
    return !part.empty();
  };
  return digits(text.substr(0, dot)) && (!*fraction || digits(text.substr(dot + 1)));
}

absl::StatusOr<Json> CoerceNumber(const Input& input, const std::string& text) {
  bool fraction = false;
  const bool decimal = IsDecimal(text, &fraction);
  if (input.type == InputType::kInteger && (!decimal || fraction)) return Wrong(input, text, "must be an integer");
  if (!decimal) return Wrong(input, text, "must be a number");
  const absl::string_view plain = text[0] == '+' ? absl::string_view(text).substr(1) : absl::string_view(text);
  if (!fraction && input.type != InputType::kFloat) {
    return IntegerFromText(plain);
  }
  double value;
  if (!absl::SimpleAtod(plain, &value)) return Wrong(input, text, "must be a number");
  return Json(value);
}

absl::StatusOr<Json> CoerceStructure(const Input& input, const std::string& text) {
  const absl::StatusOr<Json> value = ParseJson(text, "the value");
  // The message of the parser would quote the text.
  if (!value.ok() && input.sensitive) return Wrong(input, text, "must be JSON");
  if (!value.ok()) return Wrong(input, text, absl::StrCat("must be JSON: ", value.status().message()));
  return *value;
}

absl::StatusOr<Json> CoerceList(const Input& input, const std::string& text) {
  for (const Json& item : input.list) {
    if (!item.is_string() && DumpJson(item) == text) return item;
  }
  return Json(text);
}

absl::StatusOr<Json> Coerce(const Input& input, const std::string& text) {
  switch (input.type) {
    case InputType::kString:
      return Json(text);
    case InputType::kList:
      return CoerceList(input, text);
    case InputType::kBoolean:
      return CoerceBoolean(input, text);
    case InputType::kInteger:
    case InputType::kFloat:
    case InputType::kNumber:
      return CoerceNumber(input, text);
    case InputType::kHash:
    case InputType::kArray:
      return CoerceStructure(input, text);
  }
  return absl::InternalError("input of an unknown type");
}

}  // namespace

absl::StatusOr<std::pair<std::string, std::string>> SplitArgument(absl::string_view word) {
  const size_t equals = word.find('=');
  if (equals == absl::string_view::npos || equals == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("could not parse '", word, "'; inputs are given as key=value (key= for the empty text)"));
  }
  return std::make_pair(std::string(word.substr(0, equals)), std::string(word.substr(equals + 1)));
}

absl::StatusOr<Json> CoerceArguments(const Action& action,
                                     const std::vector<std::pair<std::string, std::string>>& arguments) {
  Json inputs = Json::object();
  std::vector<std::string> names;
  for (const Input& input : action.inputs) names.push_back(input.name);
  for (const auto& [key, text] : arguments) {
    if (inputs.contains(key)) return absl::InvalidArgumentError(absl::StrCat("input '", key, "': is given twice"));
    const Input* input = action.FindInput(key);
    if (input != nullptr) {
      ORCH_ASSIGN_OR_RETURN(inputs[key], Coerce(*input, text));
    } else if (action.additional_inputs) {
      inputs[key] = text;
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "input '", key, "': is not declared by action ", action.name, DidYouMean(key, names),
          names.empty() ? "; it takes none" : absl::StrCat(" (it takes: ", absl::StrJoin(names, ", "), ")")));
    }
  }
  return inputs;
}

}  // namespace orch::ddl

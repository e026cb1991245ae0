#include "cli/commands/built_in_doc.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "actions/ddl/validators.h"
#include "filter/data_function_table.h"

namespace orch::cli {
namespace {

const std::vector<std::pair<const char*, const char*>>& Aggregates() {
  static const auto* const list = new std::vector<std::pair<const char*, const char*>>{
      {"average", "The mean of the numbers"},
      {"boolean_summary", "How often true and false were seen"},
      {"chart", "The numbers as a line of small bars"},
      {"max", "The greatest number"},
      {"min", "The least number"},
      {"nagios_states", "How often OK, WARNING, CRITICAL and UNKNOWN were seen"},
      {"percentile", "The number below which so many per cent lie"},
      {"sum", "The numbers added up"},
      {"summary", "How often each value was seen"}};
  return *list;
}

std::vector<std::string> DataFunctions() { return absl::StrSplit(filter::DataFunctionNames(), ", "); }

std::string DataDoc(absl::string_view name) {
  const filter::DataFunction* function = filter::FindDataFunction(name);
  if (function == nullptr) return "";
  std::string argument = "no argument";
  if (function->max_arguments > 0) {
    argument = absl::StrCat(function->min_arguments == 0 ? "at most " : "", "one argument of at most ",
                            function->max_length, " characters");
  }
  return absl::StrCat(name, " (data function)\n\nFor filters: -S \"", name,
                      function->max_arguments > 0 ? "('…')." : "().", function->fields[0], "=…\"\nTakes ", argument,
                      ".\n\nFields:\n   ", filter::FieldNames(*function), "\n");
}

Json DataJson(absl::string_view name) {
  const filter::DataFunction* function = filter::FindDataFunction(name);
  if (function == nullptr) return Json();
  return {{"kind", "data"},
          {"name", std::string(name)},
          {"min_arguments", function->min_arguments},
          {"max_arguments", function->max_arguments},
          {"max_length", function->max_length},
          {"fields", std::vector<std::string>(absl::StrSplit(filter::FieldNames(*function), ", "))}};
}

}  // namespace

Json BuiltInJson() {
  Json data = Json::array();
  for (const std::string& name : DataFunctions()) data.push_back(DataJson(name));
  Json aggregates = Json::array();
  for (const auto& [name, help] : Aggregates()) aggregates.push_back(BuiltInDocJson(absl::StrCat("aggregate/", name)));
  Json validators = Json::array();
  for (const std::string& name : ddl::NamedValidators())
    validators.push_back(BuiltInDocJson(absl::StrCat("validator/", name)));
  return {{"data", std::move(data)}, {"validators", std::move(validators)}, {"aggregates", std::move(aggregates)}};
}

Json BuiltInDocJson(absl::string_view name) {
  if (absl::ConsumePrefix(&name, "data/")) return DataJson(name);
  if (absl::ConsumePrefix(&name, "validator/")) {
    const std::vector<std::string> known = ddl::NamedValidators();
    if (std::find(known.begin(), known.end(), name) == known.end()) return Json();
    return {{"kind", "validator"}, {"name", std::string(name)}};
  }
  if (!absl::ConsumePrefix(&name, "aggregate/")) return Json();
  for (const auto& [known, help] : Aggregates()) {
    if (name == known) return {{"kind", "aggregate"}, {"name", known}, {"description", help}};
  }
  return Json();
}

std::string BuiltInText() {
  std::string text = "\nData functions (plugin doc data/NAME):\n";
  for (const std::string& name : DataFunctions()) {
    const filter::DataFunction* function = filter::FindDataFunction(name);
    if (function != nullptr) absl::StrAppendFormat(&text, "  %-25s %s\n", name, filter::FieldNames(*function));
  }
  absl::StrAppend(&text, "\nValidators (of inputs):\n  ", absl::StrJoin(ddl::NamedValidators(), ", "),
                  ", or any regular expression\n\nAggregates (of outputs):\n");
  for (const auto& [name, help] : Aggregates()) absl::StrAppendFormat(&text, "  %-25s %s\n", name, help);
  return text;
}

std::string BuiltInDoc(absl::string_view name) {
  if (absl::ConsumePrefix(&name, "data/")) return DataDoc(name);
  if (absl::ConsumePrefix(&name, "validator/")) {
    const std::vector<std::string> known = ddl::NamedValidators();
    if (std::find(known.begin(), known.end(), name) == known.end()) return "";
    return absl::StrCat(name, " (validator)\n\nIn a DDL: \"validation\": \"", name, "\"\n");
  }
  if (!absl::ConsumePrefix(&name, "aggregate/")) return "";
  for (const auto& [known, help] : Aggregates()) {
    if (name == known) {
      return absl::StrCat(name, " (aggregate)\n\n", help, ".\nIn a DDL: \"aggregate\": [{\"function\": \"", name,
                          "\", \"args\": [\"OUTPUT\"]}]\n");
    }
  }
  return "";
}

}  // namespace orch::cli

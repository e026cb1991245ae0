// Runs the golden vectors of the filter language (vectors/README.md) against orch::filter: parse,
// the column of errors, and the decision on the vector's node, by Matches and by Narrow.
// Prints each failure, then "N passed, N failed"; exits with 1 when any failed or none ran.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/json.h"
#include "base/status_macros.h"
#include "filter/filter.h"
#include "filter/node_view.h"

namespace orch::filter {
namespace {

class VectorNode : public NodeView {
 public:
  explicit VectorNode(const Json& node)
      : identity_(node.at("identity")),
        facts_(node.at("facts")),
        classes_(List(node, "classes")),
        plugins_(List(node, "plugins")) {}
  absl::string_view identity() const override { return identity_; }
  const Json& facts() const override { return facts_; }
  const std::vector<std::string>& classes() const override { return classes_; }
  const std::vector<std::string>& plugins() const override { return plugins_; }

 private:
  static std::vector<std::string> List(const Json& node, const char* key) {
    if (!node.contains(key) || node.at(key).is_null()) return {};
    return node.at(key).get<std::vector<std::string>>();
  }
  const std::string identity_;
  const Json facts_;
  const std::vector<std::string> classes_;
  const std::vector<std::string> plugins_;
};

class VectorFunctions : public DataFunctions {
 public:
  explicit VectorFunctions(const Json& node) : data_(node.value("data", Json::object())) {}
  absl::StatusOr<Json> Call(absl::string_view function, const std::vector<std::string>& arguments) override {
    const std::string key =
        absl::StrCat(function, "(",
                     absl::StrJoin(arguments, ", ",
                                   [](std::string* out, const std::string& a) { absl::StrAppend(out, "'", a, "'"); }),
                     ")");
    if (!data_.contains(key) || data_.at(key).is_null()) return absl::NotFoundError("the call fails on this node");
    return data_.at(key);
  }

 private:
  const Json data_;
};

absl::StatusOr<std::vector<Option>> OptionsOf(const Json& vector) {
  static const std::map<std::string, OptionKind> kKinds = {
      {"fact", OptionKind::kFact},     {"class", OptionKind::kClass},       {"identity", OptionKind::kIdentity},
      {"plugin", OptionKind::kPlugin}, {"combined", OptionKind::kCombined}, {"compound", OptionKind::kCompound}};
  const std::string kind = vector.at("kind");
  if (kind == "options") return OptionsFromWords(vector.at("filter").get<std::vector<std::string>>());
  return std::vector<Option>{{kKinds.at(kind), vector.at("filter").get<std::string>()}};
}

absl::StatusOr<Filter> ParseVector(const Json& vector) {
  ORCH_ASSIGN_OR_RETURN(const std::vector<Option> options, OptionsOf(vector));
  return Filter::Parse(options);
}

// 0 when the message names none.
size_t ColumnOf(const absl::Status& status) {
  const std::string message(status.message());
  const size_t at = message.find("column ");
  size_t column = 0;
  if (at != std::string::npos) column = std::strtoul(message.c_str() + at + 7, nullptr, 10);
  return column;
}

// Empty when the vector holds.
std::string CheckError(const Json& vector, const absl::StatusOr<Filter>& filter) {
  if (filter.ok()) return "accepted, an error is expected";
  if (vector.contains("column") && vector.at("column").is_number() &&
      ColumnOf(filter.status()) != vector.at("column").get<size_t>()) {
    return absl::StrCat("column ", vector.at("column").get<size_t>(), " is expected: ", filter.status().message());
  }
  return "";
}

std::string CheckVector(const Json& vector) {
  const absl::StatusOr<Filter> filter = ParseVector(vector);
  const Json& expect = vector.at("expect");
  if (expect == "error") return CheckError(vector, filter);
  if (!filter.ok()) return absl::StrCat("refused: ", filter.status().message());
  const VectorNode node(vector.at("node"));
  VectorFunctions functions(vector.at("node"));
  const bool matches = Matches(*filter, node, &functions);
  if (matches != expect.get<bool>()) return absl::StrCat(matches, " instead of ", expect.get<bool>());
  const Verdict verdict = Narrow(*filter, node);
  if (filter->has_data_functions() ? verdict == Verdict::kYes : verdict == Verdict::kAskNode)
    return "Narrow: wrong kind of verdict";
  if (matches && verdict == Verdict::kNo) return "Narrow excludes a node that matches";
  if (!matches && verdict == Verdict::kYes) return "Narrow includes a node that does not match";
  return "";
}

struct Tally {
  size_t passed = 0;
  size_t failed = 0;
};

void RunFile(const std::filesystem::path& path, Tally* tally) {
  std::ifstream file(path);
  std::string line;
  for (size_t number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    const absl::StatusOr<Json> vector = ParseJson(line, absl::StrCat(path.filename().string(), " line ", number));
    const std::string problem = vector.ok() ? CheckVector(*vector) : std::string(vector.status().message());
    ++(problem.empty() ? tally->passed : tally->failed);
    if (problem.empty()) continue;
    const std::string filter = vector.ok() ? DumpJson(vector->at("filter")) : "";
    std::printf("%s: %.300s: %s\n", vector.ok() ? vector->at("id").get<std::string>().c_str() : path.c_str(),
                filter.c_str(), problem.c_str());
  }
}

}  // namespace
}  // namespace orch::filter

int main() {
  const char* set = std::getenv("ORCH_VECTORS");
  const std::filesystem::path folder = set != nullptr && *set != '\0' ? set : ORCH_VECTORS_FOLDER;
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
  if (error) std::printf("%s: %s\n", folder.c_str(), error.message().c_str());
  std::sort(files.begin(), files.end());
  orch::filter::Tally tally;
  for (const auto& file : files) orch::filter::RunFile(file, &tally);
  std::printf("%zu passed, %zu failed\n", tally.passed, tally.failed);
  return tally.failed > 0 || tally.passed == 0 ? 1 : 0;
}

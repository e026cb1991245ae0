#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/ddl/aggregate_function.h"
#include "actions/ddl/aggregator.h"
#include "actions/ddl/printf_format.h"

namespace orch::ddl {
namespace {

constexpr size_t kMaxValueBytes = 1024;  // of a value's text, kept as its name

std::string ValueText(const Json& value) {
  std::string text = value.is_string() ? value.get<std::string>() : DumpJson(value);
  if (text.size() > kMaxValueBytes) text = absl::StrCat(text.substr(0, kMaxValueBytes), "…");
  return text;
}

size_t Columns(const std::string& text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; });
}

using Counts = std::vector<std::pair<std::string, uint64_t>>;

std::vector<std::string> CountLines(const Counts& counts, const std::string& format) {
  size_t width = 0;
  for (const auto& [name, count] : counts) width = std::max(width, Columns(name));
  std::vector<std::string> lines;
  for (const auto& [name, count] : counts) {
    if (format.empty()) {
      lines.push_back(absl::StrCat(std::string(width - Columns(name), ' '), name, " = ", count));
    } else {
      lines.push_back(FormatValues(format, {Json(name), Json(count)}));
    }
  }
  return lines;
}

// Returns the labels for values: the members of an object among the arguments, except "format".
std::map<std::string, std::string> Labels(const Json& arguments) {
  std::map<std::string, std::string> labels;
  for (const Json& argument : arguments) {
    if (!argument.is_object()) continue;
    const Json& map = argument.contains("mapping") && argument["mapping"].is_object() ? argument["mapping"] : argument;
    for (const auto& item : map.items()) {
      if (item.key() != "format" && item.value().is_string()) labels[item.key()] = item.value().get<std::string>();
    }
  }
  return labels;
}

class Summary : public AggregateFunction {
 public:
  explicit Summary(const Aggregate& aggregate) : format_(aggregate.format), labels_(Labels(aggregate.arguments)) {}

  void Add(const Json& value) override {
    if (!value.is_array()) return AddOne(value);
    for (const Json& element : value) {
      if (!element.is_null()) AddOne(element);
    }
  }

  std::vector<std::string> Lines() const override {
    Counts counts(counts_.begin(), counts_.end());
    std::stable_sort(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
    if (others_ > 0) counts.emplace_back("(other values)", others_);
    return CountLines(counts, format_);
  }

  Json Value() const override {
    Json value = Json::object();
    for (const auto& [name, count] : counts_) value[name] = count;
    if (others_ > 0) value["(other values)"] = others_;
    return value;
  }

 protected:
  virtual std::string Name(const Json& value) const { return ValueText(value); }

 private:
  void AddOne(const Json& value) {
    std::string name = Name(value);
    if (const auto label = labels_.find(name); label != labels_.end()) name = label->second;
    if (const auto found = counts_.find(name); found != counts_.end()) {
      ++found->second;
    } else if (counts_.size() < Aggregator::kMaxDistinct) {
      counts_.emplace(std::move(name), 1);
    } else {
      ++others_;
    }
  }

  const std::string format_;
  const std::map<std::string, std::string> labels_;
  std::map<std::string, uint64_t> counts_;
  uint64_t others_ = 0;
};

// Whether the value is true, also in the form of a number or text, which older plugins use.
class BooleanSummary final : public Summary {
 public:
  using Summary::Summary;

 protected:
  std::string Name(const Json& value) const override {
    const std::string text = ValueText(value);
    if (text == "1" || text == "yes") return "true";
    if (text == "0" || text == "no") return "false";
    return text;
  }
};

// Counts the exit codes of Nagios checks; always shows all four, the worst one last.
class NagiosStates final : public AggregateFunction {
 public:
  explicit NagiosStates(const Aggregate& aggregate) : format_(aggregate.format) {}

  void Add(const Json& value) override {
    const std::string text = ValueText(value);
    const bool known = text.size() == 1 && text[0] >= '0' && text[0] <= '2';
    ++counts_[known ? text[0] - '0' : 3];
    any_ = true;
  }

  std::vector<std::string> Lines() const override {
    if (!any_) return {};
    Counts counts;
    for (size_t i = 0; i < 4; ++i) counts.emplace_back(kNames[i], counts_[i]);
    return CountLines(counts, format_);
  }

  Json Value() const override {
    Json value = Json::object();
    for (size_t i = 0; i < 4; ++i) value[kNames[i]] = counts_[i];
    return value;
  }

 private:
  static constexpr const char* kNames[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  const std::string format_;
  uint64_t counts_[4] = {};
  bool any_ = false;
};

}  // namespace

std::unique_ptr<AggregateFunction> MakeCounting(const Aggregate& aggregate) {
  if (aggregate.function == "summary") return std::make_unique<Summary>(aggregate);
  if (aggregate.function == "boolean_summary") return std::make_unique<BooleanSummary>(aggregate);
  if (aggregate.function == "nagios_states") return std::make_unique<NagiosStates>(aggregate);
  return nullptr;
}

}  // namespace orch::ddl

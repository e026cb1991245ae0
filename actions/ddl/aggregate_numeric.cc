#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "actions/ddl/aggregate_function.h"
#include "actions/ddl/aggregator.h"
#include "actions/ddl/printf_format.h"
#include "base/json_number.h"

namespace orch::ddl {
namespace {

constexpr double kDefaultPercentile = 95;
constexpr size_t kChartColumns = 25;

std::optional<double> AsNumber(const Json& value) {
  if (IsNumber(value) && std::isfinite(NumberAsDouble(value))) return NumberAsDouble(value);
  double number;
  if (value.is_string() && absl::SimpleAtod(value.get_ref<const std::string&>(), &number) && std::isfinite(number)) {
    return number;
  }
  return std::nullopt;
}

// Writes whole numbers without a fraction.
Json Number(double value) {
  if (std::floor(value) == value && std::abs(value) < 9e15) return Json(static_cast<int64_t>(value));
  return Json(value);
}

class Numeric : public AggregateFunction {
 public:
  void Add(const Json& value) final {
    if (value.is_array()) {
      for (const Json& element : value) {
        if (const std::optional<double> number = AsNumber(element)) AddNumber(*number);
      }
    } else if (const std::optional<double> number = AsNumber(value)) {
      AddNumber(*number);
    }
  }

 protected:
  virtual void AddNumber(double number) = 0;
};

// average, sum, min and max, which keep no values.
class Running final : public Numeric {
 public:
  explicit Running(const Aggregate& aggregate)
      : function_(aggregate.function),
        format_(aggregate.format.empty() ? absl::StrCat(Label(), " of ", aggregate.output, ": %f") : aggregate.format) {
  }

  std::vector<std::string> Lines() const override {
    if (count_ == 0) return {};
    return {FormatValues(format_, {Json(Result())})};
  }
  Json Value() const override { return count_ == 0 ? Json() : Number(Result()); }

 private:
  void AddNumber(double number) override {
    min_ = count_ == 0 ? number : std::min(min_, number);
    max_ = count_ == 0 ? number : std::max(max_, number);
    sum_ += number;
    ++count_;
  }
  double Result() const {
    if (function_ == "average") return sum_ / static_cast<double>(count_);
    if (function_ == "min") return min_;
    if (function_ == "max") return max_;
    return sum_;
  }
  const char* Label() const {
    if (function_ == "average") return "Average";
    if (function_ == "min") return "Minimum";
    if (function_ == "max") return "Maximum";
    return "Sum";
  }

  const std::string function_;
  const std::string format_;
  uint64_t count_ = 0;
  double sum_ = 0, min_ = 0, max_ = 0;
};

// Counts how often each value occurs; ignores values beyond the limit and says so.
class Distribution : public Numeric {
 public:
  Json Value() const override {
    Json value = Json::object();
    value["count"] = total_;
    if (left_out_ > 0) value["left_out"] = left_out_;
    Describe(&value);
    return value;
  }

 protected:
  virtual void Describe(Json* value) const = 0;

  void AddNumber(double number) override {
    if (const auto found = counts_.find(number); found != counts_.end()) {
      ++found->second;
    } else if (counts_.size() < Aggregator::kMaxDistinct) {
      counts_.emplace(number, 1);
    } else {
      ++left_out_;
      return;
    }
    ++total_;
  }
  std::string LeftOut() const {
    return left_out_ == 0 ? "" : absl::StrCat(" (", left_out_, " further values left out)");
  }

  std::map<double, uint64_t> counts_;
  uint64_t total_ = 0;
  uint64_t left_out_ = 0;
};

// The nearest rank: the smallest value that at least p % of all values do not exceed.
class Percentile final : public Distribution {
 public:
  explicit Percentile(const Aggregate& aggregate) : rank_(Rank(aggregate.arguments)) {
    format_ = aggregate.format.empty()
                  ? absl::StrCat("Percentile ", DumpJson(Number(rank_)), " of ", aggregate.output, ": %f")
                  : aggregate.format;
  }

  std::vector<std::string> Lines() const override {
    if (total_ == 0) return {};
    return {absl::StrCat(FormatValues(format_, {Json(Result())}), LeftOut())};
  }

 private:
  static double Rank(const Json& arguments) {
    for (const Json& argument : arguments) {
      std::optional<double> rank = AsNumber(argument);
      for (const char* key : {"p", "percentile"}) {
        if (!rank && argument.is_object() && argument.contains(key)) rank = AsNumber(argument[key]);
      }
      if (rank && *rank >= 0 && *rank <= 100) return *rank;
    }
    return kDefaultPercentile;
  }
  double Result() const {
    const double wanted = std::max(1.0, std::ceil(static_cast<double>(total_) * rank_ / 100));
    uint64_t seen = 0;
    for (const auto& [value, count] : counts_) {
      seen += count;
      if (static_cast<double>(seen) >= wanted) return value;
    }
    return counts_.rbegin()->first;
  }
  void Describe(Json* value) const override {
    (*value)["percentile"] = Number(rank_);
    (*value)["value"] = total_ == 0 ? Json() : Number(Result());
  }

  const double rank_;
  std::string format_;
};

// Draws the distribution of the values from the smallest to the largest as one line of bars.
class Chart final : public Distribution {
 public:
  explicit Chart(const Aggregate& aggregate) : format_(aggregate.format) {}

  std::vector<std::string> Lines() const override {
    if (total_ == 0) return {};
    const std::vector<uint64_t> columns = Columns();
    const uint64_t highest = *std::max_element(columns.begin(), columns.end());
    static constexpr const char* kBars[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    std::string bars;
    for (uint64_t count : columns) bars += kBars[(count * 8 + highest - 1) / highest];
    const Json min = Number(counts_.begin()->first), max = Number(counts_.rbegin()->first);
    if (!format_.empty()) return {FormatValues(format_, {Json(bars), min, max})};
    return {absl::StrCat("[", bars, "] min: ", DumpJson(min), " max: ", DumpJson(max), LeftOut())};
  }

 private:
  std::vector<uint64_t> Columns() const {
    std::vector<uint64_t> columns(kChartColumns, 0);
    const double low = counts_.begin()->first, span = counts_.rbegin()->first - low;
    for (const auto& [value, count] : counts_) {
      const double share = span > 0 && std::isfinite(span) ? (value - low) / span : 0;
      columns[std::min(kChartColumns - 1, static_cast<size_t>(share * kChartColumns))] += count;
    }
    return columns;
  }
  void Describe(Json* value) const override {
    if (total_ == 0) return;
    (*value)["min"] = Number(counts_.begin()->first);
    (*value)["max"] = Number(counts_.rbegin()->first);
    (*value)["columns"] = Columns();
  }

  const std::string format_;
};

}  // namespace

std::unique_ptr<AggregateFunction> MakeNumeric(const Aggregate& aggregate) {
  const std::string& function = aggregate.function;
  if (function == "average" || function == "sum" || function == "min" || function == "max") {
    return std::make_unique<Running>(aggregate);
  }
  if (function == "percentile") return std::make_unique<Percentile>(aggregate);
  if (function == "chart") return std::make_unique<Chart>(aggregate);
  return nullptr;
}

}  // namespace orch::ddl

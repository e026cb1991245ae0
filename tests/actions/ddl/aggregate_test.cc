#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actions/ddl/aggregator.h"
#include "actions/ddl/printf_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::ddl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Aggregator::Result Summarise(absl::string_view aggregate, const std::vector<Json>& replies) {
  const std::string text = absl::StrCat(
      R"({"metadata": {"name": "demo", "description": "d", "author": "a", "license": "l", "version": "1", "url": "u",
          "timeout": 5}, "actions": [{"action": "go", "description": "Goes",
          "output": {"value": {"description": "v", "display_as": "Value"}}, "aggregate": [)",
      aggregate, "]}]}");
  const auto plugin = LoadPlugin(text, "demo.json");
  EXPECT_TRUE(plugin.ok()) << plugin.status();
  Aggregator aggregator(*(*plugin)->FindAction("go"));
  for (const Json& reply : replies) aggregator.Add(reply);
  return aggregator.Results().at(0);
}

Json Value(const Json& value) { return Json{{"value", value}}; }

TEST(DdlAggregateTest, SummaryCountsAndAlignsLikeMCollective) {
  const auto result =
      Summarise(R"({"function": "summary", "args": ["value"]})",
                {Value("RedHat"), Value("Ubuntu"), Value("SLES"), Value("Ubuntu"), Value(nullptr), Json()});
  EXPECT_EQ(result.title, "Summary of Value");
  EXPECT_THAT(result.lines, ElementsAre("Ubuntu = 2", "RedHat = 1", "  SLES = 1"));
  EXPECT_EQ(result.value, (Json{{"Ubuntu", 2}, {"RedHat", 1}, {"SLES", 1}}));
}

TEST(DdlAggregateTest, SummaryCountsEachElementOfAnArray) {
  EXPECT_THAT(Summarise(R"({"function": "summary", "args": ["value"]})",
                        {Value({"rpcutil", "discovery", "flaky"}), Value({"rpcutil"})})
                  .lines,
              ElementsAre("  rpcutil = 2", "discovery = 1", "    flaky = 1"));
}

TEST(DdlAggregateTest, SummaryTakesAFormat) {
  EXPECT_THAT(Summarise(R"({"function": "summary", "args": ["value", {"format": "%s Tests on %d node(s) 100%%"}]})",
                        {Value(7), Value(7)})
                  .lines,
              ElementsAre("7 Tests on 2 node(s) 100%"));
}

TEST(DdlAggregateTest, BooleanSummaryShowsItsLabels) {
  const char* labelled =
      R"({"function": "boolean_summary", "args": ["value", {"true": "enabled", "false": "disabled"}]})";
  EXPECT_THAT(Summarise(labelled, {Value(true), Value(1), Value(false)}).lines,
              ElementsAre(" enabled = 2", "disabled = 1"));
}

TEST(DdlAggregateTest, NothingToAggregateGivesNoLines) {
  for (const char* function : {"summary", "average", "sum", "min", "max", "percentile", "chart", "nagios_states"}) {
    EXPECT_THAT(Summarise(absl::StrCat(R"({"function": ")", function, R"(", "args": ["value"]})"),
                          {Value(nullptr), Json{{"x", 1}}})
                    .lines,
                IsEmpty())
        << function;
  }
}

TEST(DdlAggregateTest, IntegersBeyond64BitsAreCountedByTheirDigits) {
  const Json big = ParseJson("123456789012345678901234567890", "x").value();
  EXPECT_EQ(FormatValues("%d|%s|%+d", {big, big, big}),
            "123456789012345678901234567890|123456789012345678901234567890|+123456789012345678901234567890");
}

TEST(DdlAggregateTest, NumbersAreAveragedOverTheCountedOnly) {
  const std::vector<Json> replies = {Value(1), Value("3.5"), Value("n/a"), Value(nullptr)};
  EXPECT_THAT(Summarise(R"({"function": "average", "args": ["value"]})", replies).lines,
              ElementsAre("Average of value: 2.250000"));
  EXPECT_THAT(Summarise(R"({"function": "sum", "args": ["value", {"format": "Total: %.1f"}]})", replies).lines,
              ElementsAre("Total: 4.5"));
  EXPECT_EQ(Summarise(R"({"function": "min", "args": ["value"]})", replies).value, Json(1));
  EXPECT_EQ(Summarise(R"({"function": "max", "args": ["value"]})", replies).value, Json(3.5));
}

TEST(DdlAggregateTest, PercentileTakesTheNearestRank) {
  std::vector<Json> replies;
  for (int i = 1; i <= 100; ++i) replies.push_back(Value(i));
  EXPECT_EQ(Summarise(R"({"function": "percentile", "args": ["value", 90]})", replies).value["value"], Json(90));
  EXPECT_EQ(Summarise(R"({"function": "percentile", "args": ["value", {"p": 50}]})", replies).value["value"], Json(50));
  EXPECT_EQ(Summarise(R"({"function": "percentile", "args": ["value"]})", replies).value["value"], Json(95));
  EXPECT_THAT(Summarise(R"({"function": "percentile", "args": ["value", 0]})", replies).lines,
              ElementsAre("Percentile 0 of value: 1.000000"));
}

TEST(DdlAggregateTest, ChartSpreadsValuesOverItsColumns) {
  const auto result = Summarise(R"({"function": "chart", "args": ["value"]})", {Value(0), Value(0), Value(10)});
  ASSERT_EQ(result.lines.size(), 1u);
  EXPECT_THAT(result.lines[0], ::testing::EndsWith("min: 0 max: 10"));
  EXPECT_EQ(result.value["columns"][0], Json(2));
  EXPECT_EQ(result.value["columns"].back(), Json(1));
}

TEST(DdlAggregateTest, NagiosStatesShowsAllFour) {
  EXPECT_THAT(
      Summarise(R"({"function": "nagios_states", "args": ["value"]})", {Value(0), Value(0), Value(2), Value(9)}).lines,
      ElementsAre("      OK = 2", " WARNING = 0", "CRITICAL = 1", " UNKNOWN = 1"));
}

TEST(DdlAggregateTest, FailuresCountWhereTheyAreTheResult) {
  Action action;
  for (const char* function : {"nagios_states", "summary"}) {
    Aggregate aggregate;
    aggregate.function = function;
    aggregate.output = "value";
    action.aggregates.push_back(aggregate);
  }
  Aggregator aggregator(action);
  aggregator.Add(Value(0));
  aggregator.AddFailed(Value(2));
  const std::vector<Aggregator::Result> results = aggregator.Results();
  EXPECT_THAT(results[0].lines, ElementsAre("      OK = 1", " WARNING = 0", "CRITICAL = 1", " UNKNOWN = 0"));
  EXPECT_EQ(results[1].value, (Json{{"0", 1}}));
}

TEST(DdlAggregateTest, DistinctValuesAreBoundedAndTheRestIsCounted) {
  std::vector<Json> replies;
  for (size_t i = 0; i < Aggregator::kMaxDistinct + 5; ++i) replies.push_back(Value(absl::StrCat("v", i)));
  const auto result = Summarise(R"({"function": "summary", "args": ["value"]})", replies);
  EXPECT_EQ(result.lines.size(), Aggregator::kMaxDistinct + 1);
  EXPECT_EQ(result.value["(other values)"], Json(5));
}

TEST(DdlAggregateTest, AFormatCanOnlyReadTheGivenValues) {
  EXPECT_THAT(
      Summarise(R"({"function": "summary", "args": ["value", {"format": "%n %s %x %999999s %s%s %"}]})", {Value("a")})
          .lines,
      ElementsAre(absl::StrCat("%n a %x ", std::string(199, ' '), "1 %s%s %")));
}

TEST(DdlAggregateTest, AnUnknownFunctionIsSaidToBeUnknown) {
  EXPECT_THAT(Summarise(R"({"function": "process_summary", "args": ["value"]})", {Value(1)}).lines,
              ElementsAre("the function process_summary is not known here"));
}

}  // namespace
}  // namespace orch::ddl

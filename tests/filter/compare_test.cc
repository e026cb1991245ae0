#include "filter/compare.h"

#include <string>

#include "gtest/gtest.h"

namespace orch::filter {
namespace {

bool Holds(const std::string& candidate, Operator op, const std::string& value) {
  return CandidateHolds({op, value, ShapeOf(value), nullptr}, candidate);
}

TEST(CompareTest, KnowsNumbersAndVersionsFromText) {
  for (const char* text : {"0", "007", "+5", "-5.10", "12345678901234567890.5"})
    EXPECT_EQ(ShapeOf(text), Shape::kNumber) << text;
  for (const char* text : {"1.2.3", "10.0.0.5", "0.0.0"}) EXPECT_EQ(ShapeOf(text), Shape::kVersion) << text;
  for (const char* text : {"", "+", ".5", "1.", "1e3", "0x10", "1..2", "-1.2.3", "1.2.", " 1", "1 ", "1,0", "١"}) {
    EXPECT_EQ(ShapeOf(text), Shape::kText) << text;
  }
}

TEST(CompareTest, ComparesDecimalsOfAnyLengthExactly) {
  EXPECT_EQ(CompareNumbers("007", "7"), 0);
  EXPECT_EQ(CompareNumbers("-0", "0.00"), 0);
  EXPECT_EQ(CompareNumbers("+5", "5.0"), 0);
  EXPECT_GT(CompareNumbers("10", "9.5"), 0);
  EXPECT_LT(CompareNumbers("5.10", "5.9"), 0);
  EXPECT_GT(CompareNumbers("-5", "-6"), 0);
  EXPECT_LT(CompareNumbers("-5.5", "-5.25"), 0);
  EXPECT_LT(CompareNumbers("0.05", "0.5"), 0);
  const std::string nines(60000, '9');
  EXPECT_LT(CompareNumbers(nines + "8", nines + "9"), 0);
  EXPECT_GT(CompareNumbers(nines + ".0001", nines), 0);
}

TEST(CompareTest, ComparesVersionsByComponent) {
  EXPECT_GT(CompareVersions("5.10.3", "5.9"), 0);
  EXPECT_EQ(CompareVersions("5.10", "5.10.0"), 0);
  EXPECT_LT(CompareVersions("1.2.3", "1.2.3.1"), 0);
  EXPECT_EQ(CompareVersions("1.02.3", "+1.2.3"), 0);
  EXPECT_LT(CompareVersions("-0", "0.0.0"), 0);
  EXPECT_GT(CompareVersions("0.0.0", "-7"), 0);
}

TEST(CompareTest, ComparesVersionsAsTextForEquality) {
  EXPECT_FALSE(Holds("5.10.0", Operator::kEqual, "5.10.00"));
  EXPECT_TRUE(Holds("5.10.0", Operator::kGreaterOrEqual, "5.10.00"));
}

TEST(CompareTest, ComparesEverythingElseByBytes) {
  EXPECT_TRUE(Holds("1e3", Operator::kLess, "999"));
  EXPECT_TRUE(Holds("6.1.0-18-amd64", Operator::kLess, "6.10"));
  EXPECT_TRUE(Holds("Z\xc3\xbcrich", Operator::kGreater, "Zu"));
  EXPECT_FALSE(Holds("10 ", Operator::kEqual, "10"));
}

TEST(CompareTest, ComparesIntegersBeyond64BitsExactly) {
  const Json id = ParseJson("123456789012345678901234567890", "x").value();
  const auto holds = [&id](Operator op, const std::string& text) {
    return ValueHolds(Comparison{op, text, ShapeOf(text), nullptr}, id);
  };
  EXPECT_TRUE(holds(Operator::kEqual, "123456789012345678901234567890"));
  EXPECT_TRUE(holds(Operator::kEqual, "123456789012345678901234567890.0"));
  EXPECT_FALSE(holds(Operator::kEqual, "123456789012345678901234567891"));
  EXPECT_FALSE(holds(Operator::kEqual, "123456789012345680000000000000"));
  EXPECT_TRUE(holds(Operator::kNotEqual, "123456789012345678901234567891"));
  EXPECT_TRUE(holds(Operator::kLess, "123456789012345678901234567891"));
  EXPECT_TRUE(holds(Operator::kGreater, "123456789012345678901234567889"));
}

TEST(CompareTest, TakesNotEqualAsTheOppositeOverAllCandidates) {
  const Comparison not_two{Operator::kNotEqual, "2", ShapeOf("2"), nullptr};
  EXPECT_FALSE(ValueHolds(not_two, Json::parse("[1, 2]")));
  EXPECT_TRUE(ValueHolds(not_two, Json::parse("[1, 3, [2], {\"2\": 2}]")));
  EXPECT_TRUE(ValueHolds(not_two, Json::array()));
  EXPECT_FALSE(ValueHolds(not_two, Json::parse("{\"2\": 1}")));
}

}  // namespace
}  // namespace orch::filter

#include "filter/fact.h"

#include <string>

#include "gtest/gtest.h"

namespace orch::filter {
namespace {

std::string Text(const char* json) { return FactText(Json::parse(json)).value_or("(none)"); }

TEST(FactTest, WritesEachScalarAsTheLanguageSays) {
  EXPECT_EQ(Text("null"), "");
  EXPECT_EQ(Text("true"), "true");
  EXPECT_EQ(Text("-7"), "-7");
  EXPECT_EQ(Text("18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(Text("\" pad \""), " pad ");
  EXPECT_EQ(Text("[1]"), "(none)");
  EXPECT_EQ(Text("{}"), "(none)");
}

TEST(FactTest, WritesEveryDigitOfAnIntegerBeyond64Bits) {
  const Json facts =
      ParseJson(R"({"id": 123456789012345678901234567890, "list": [-18446744073709551616]})", "x").value();
  EXPECT_EQ(FactText(facts["id"]), "123456789012345678901234567890");
  EXPECT_EQ(FactText(facts["list"][0]), "-18446744073709551616");
}

TEST(FactTest, WritesFractionsShortestWithoutExponent) {
  EXPECT_EQ(Text("10.0"), "10.0");
  EXPECT_EQ(Text("0.1"), "0.1");
  EXPECT_EQ(Text("-0.0"), "-0.0");
  EXPECT_EQ(Text("1e-6"), "0.000001");
  EXPECT_EQ(Text("123.456"), "123.456");
  EXPECT_EQ(Text("1e23"), "100000000000000000000000.0");
  EXPECT_EQ(Text("1.5e300").size(), 303u);
  EXPECT_EQ(Text("-2.5e-3"), "-0.0025");
}

TEST(FactTest, FindsTheWholeNameBeforeThePath) {
  const Json facts = Json::parse(R"({"a.b": 1, "a": {"b": 2, "c": [{"d": 3}], "": 4}})");
  EXPECT_EQ(*LookUpFact(facts, "a.b"), 1);
  EXPECT_EQ(*LookUpFact(facts, "a.c.0.d"), 3);
  EXPECT_EQ(*LookUpFact(facts, "a."), 4);
  EXPECT_EQ(LookUpFact(facts, "a.c.1.d"), nullptr);
  EXPECT_EQ(LookUpFact(facts, "a.c.00.d"), nullptr);
  EXPECT_EQ(LookUpFact(facts, "a.b.c"), nullptr);
  EXPECT_EQ(LookUpFact(facts, ""), nullptr);
  EXPECT_EQ(LookUpFact(Json::array({1}), "0"), nullptr);
}

TEST(FactTest, TakesOnlyPlainNumbersAsIndexes) {
  EXPECT_EQ(ArrayIndex("0"), 0u);
  EXPECT_EQ(ArrayIndex("12"), 12u);
  for (const char* text : {"", "01", "-1", "+1", " 1", "1x", "99999999999999999999999"})
    EXPECT_FALSE(ArrayIndex(text).has_value()) << text;
}

}  // namespace
}  // namespace orch::filter

#include "base/json.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/json_number.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::HasSubstr;

std::string ErrorOf(absl::string_view text, size_t max_bytes = kMaxJsonBytes) {
  const absl::StatusOr<Json> value = ParseJson(text, "facts file /x", max_bytes);
  if (value.ok()) return "";
  EXPECT_EQ(value.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(value.status().message());
}

std::string Nested(size_t levels) { return absl::StrCat(std::string(levels, '['), std::string(levels, ']')); }

TEST(ParseJsonTest, KeepsIntegersAndFloatsApart) {
  const Json value = ParseJson("[10, 10.0, -1, 18446744073709551615]", "x").value();
  EXPECT_TRUE(value[0].is_number_integer());
  EXPECT_TRUE(value[1].is_number_float());
  EXPECT_EQ(value[2].get<int64_t>(), -1);
  EXPECT_EQ(value[3].get<uint64_t>(), ~uint64_t{0});
}

// Beyond 64 bits, and one that no double could hold (a key's modulus has as many digits).
const std::string kLong = absl::StrCat("-1", std::string(616, '7'));

TEST(BigIntegerTest, KeepsEveryDigitThroughParsingAndWriting) {
  const std::string text = absl::StrCat(R"({"a":[18446744073709551616,-9223372036854775809,)", kLong, R"(],"b":)",
                                        "1000000000000000000000000}");
  const absl::StatusOr<Json> value = ParseJson(text, "x");
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(DumpJson(*value), text);
  EXPECT_EQ(ParseJson(DumpJson(*value), "x").value(), *value);
  EXPECT_EQ(DumpJson(*ParseJson(kLong, "x")), kLong);  // the last byte of the text is its last digit
  EXPECT_EQ(DumpJson(*ParseJson(absl::StrCat(" [ ", kLong, " ] "), "x")), absl::StrCat("[", kLong, "]"));
}

TEST(BigIntegerTest, IsAnIntegerAndANumberToThoseWhoAsk) {
  const Json big = ParseJson("123456789012345678901234567890", "x").value();
  EXPECT_TRUE(IsBigInteger(big) && IsInteger(big) && IsNumber(big));
  EXPECT_EQ(IntegerText(big), "123456789012345678901234567890");
  EXPECT_DOUBLE_EQ(NumberAsDouble(big), 123456789012345678901234567890.0);
  EXPECT_EQ(JsonTypeName(big), "number");
  EXPECT_NE(big, ParseJson("123456789012345678901234567891", "x").value());
  const Json small = ParseJson("18446744073709551615", "x").value();
  EXPECT_FALSE(IsBigInteger(small));
  EXPECT_EQ(IntegerText(small), "18446744073709551615");
  EXPECT_FALSE(IsInteger(Json(1.0)) || IsNumber(Json("1")) || IsBigInteger(Json::binary({1, 2})));
}

TEST(BigIntegerTest, FloatsStayFloatsHoweverLong) {
  const std::string fraction = absl::StrCat("0.", std::string(400, '3'));
  EXPECT_TRUE(ParseJson(fraction, "x")->is_number_float());
  EXPECT_TRUE(ParseJson("1e22", "x")->is_number_float());
  EXPECT_TRUE(ParseJson("123456789012345678901234567890.0", "x")->is_number_float());
  EXPECT_TRUE(ParseJson(absl::StrCat("0.", std::string(400, '0')), "x")->is_number_float());
}

TEST(BigIntegerTest, TextsAndWrongNumbersOfManyDigitsAreWhatTheyWere) {
  const std::string digits(400, '5');
  EXPECT_EQ(*ParseJson(absl::StrCat("\"", digits, "\""), "x"), Json(digits));
  EXPECT_EQ(*ParseJson(absl::StrCat("\"\\\"", digits, "\""), "x"), Json(absl::StrCat("\"", digits)));
  for (const std::string& text : {absl::StrCat("0", digits), absl::StrCat("--", digits), absl::StrCat(digits, "-"),
                                  absl::StrCat(digits, "e"), absl::StrCat("+", digits), absl::StrCat("[", digits)}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("not valid JSON")) << text.substr(0, 3);
  }
}

TEST(BigIntegerTest, IsWrittenWithinIndentedText) {
  const Json value = ParseJson(R"({"a": [1, {"b": 18446744073709551616}], "c": {"d": [], "e": 1}})", "x").value();
  EXPECT_EQ(DumpJson(value, 2),
            "{\n  \"a\": [\n    1,\n    {\n      \"b\": 18446744073709551616\n    }\n  ],\n  \"c\": {\n"
            "    \"d\": [],\n    \"e\": 1\n  }\n}");
}

TEST(BigIntegerTest, IsMadeOfDigitsWithSignAndLeadingZeros) {
  EXPECT_EQ(IntegerFromText("+007"), Json(7));
  EXPECT_EQ(IntegerFromText("-0"), Json(0));
  EXPECT_EQ(IntegerText(IntegerFromText("-00099999999999999999999")), "-99999999999999999999");
}

TEST(ParseJsonTest, SkipsAByteOrderMark) { EXPECT_EQ(*ParseJson("\xEF\xBB\xBF[1]\r\n", "x"), Json({1})); }

TEST(ParseJsonTest, AcceptsNestingUpToTheLimitOnly) {
  EXPECT_EQ(ErrorOf(Nested(kMaxJsonDepth)), "");
  EXPECT_THAT(ErrorOf(Nested(kMaxJsonDepth + 1)), HasSubstr("deeper than 32"));
  EXPECT_THAT(ErrorOf(std::string(1'000'000, '[')), HasSubstr("deeper than 32"));
  std::string objects;
  for (int i = 0; i < 33; ++i) objects += "{\"a\":";
  EXPECT_THAT(ErrorOf(objects), HasSubstr("deeper than 32"));
}

TEST(ParseJsonTest, ManySiblingsAreNotDepth) {
  std::string text = "[";
  for (int i = 0; i < 100; ++i) text += "[{}],";
  EXPECT_EQ(ErrorOf(text + "[]]"), "");
}

TEST(ParseJsonTest, RefusesAKeyGivenTwiceInOneObject) {
  EXPECT_THAT(ErrorOf(R"({"a": 1, "b": {"a": 2}, "a": 3})"), HasSubstr("key 'a' is given twice"));
  EXPECT_EQ(ErrorOf(R"([{"a": 1}, {"a": 2}])"), "");
}

TEST(ParseJsonTest, NamesLineAndColumnOfWrongSyntax) {
  EXPECT_THAT(ErrorOf("{\n  \"a\": 1,\n  \"b\": x\n}"), HasSubstr("facts file /x: not valid JSON at line 3, column 8"));
  EXPECT_THAT(ErrorOf("[1, 2"), HasSubstr("at line 1"));
  EXPECT_THAT(ErrorOf("{} {}"), HasSubstr("at line 1, column 4"));
}

TEST(ParseJsonTest, NamesThePlaceOfARepeatedKeyAndOfTooDeepNesting) {
  EXPECT_THAT(ErrorOf("{\n  \"a\": 1,\n  \"a\": 2\n}"), HasSubstr("at line 3, column 5"));
  EXPECT_THAT(ErrorOf(absl::StrCat("\n", std::string(40, '['))), HasSubstr("at line 2, column 33"));
}

TEST(ParseJsonTest, RefusesWhatIsNotJson) {
  for (const absl::string_view text :
       {"", " ", "nul", "{a: 1}", "[1,]", "// x\n1", "NaN", "\"\\x\"", "\xff", "[\"\xc3\x28\"]"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("facts file /x: not valid JSON")) << text;
  }
}

TEST(ParseJsonTest, RefusesMoreBytesThanAllowedBeforeParsing) {
  EXPECT_EQ(ErrorOf("[1, 2]", 6), "");
  EXPECT_THAT(ErrorOf("[1, 2]", 5), HasSubstr("6 bytes of JSON; at most 5"));
}

TEST(ParseJsonTest, RefusesANumberThatNoDoubleHolds) { EXPECT_THAT(ErrorOf("[1e999]"), HasSubstr("not valid JSON")); }

TEST(ParseJsonTest, AnyBytesAreAnErrorOrAValueButNeverACrash) {
  const std::string seed = R"({"a": [1, -2.5e3, "xA"], "b": {"c": null, "d": true}})";
  int refused = 0;
  for (size_t place = 0; place < seed.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = seed;
      text[place] = static_cast<char>(byte);
      const absl::StatusOr<Json> value = ParseJson(text, "x");
      if (value.ok()) {
        EXPECT_TRUE(ParseJson(DumpJson(*value), "x").ok()) << text;
      } else {
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 0);
}

TEST(ParseJsonObjectTest, TakesEmptyTextForTheEmptyObject) {
  EXPECT_EQ(ParseJsonObject("", "x").value(), Json::object());
  EXPECT_EQ(ParseJsonObject("{}", "x").value(), Json::object());
}

TEST(ParseJsonObjectTest, SaysWhatItFoundInstead) {
  EXPECT_EQ(ParseJsonObject("[1]", "inputs").status().message(), "inputs: a JSON object {…} is expected, found array");
}

TEST(DumpJsonTest, ReplacesBytesThatAreNotUtf8) { EXPECT_EQ(DumpJson(Json("a\xff")), "\"a\xEF\xBF\xBD\""); }

}  // namespace
}  // namespace orch

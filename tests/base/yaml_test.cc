#include "base/yaml.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/json_number.h"
#include "base/text_file.h"
#include "base/yaml_scalar.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::HasSubstr;

Json Value(absl::string_view text) {
  const absl::StatusOr<YamlDocument> document = ParseYaml(text, "x.yaml");
  EXPECT_TRUE(document.ok()) << document.status() << "\n" << text;
  return document.ok() ? document->value : Json("(not read)");
}

std::string Problem(absl::string_view text) {
  const absl::StatusOr<YamlDocument> document = ParseYaml(text, "x.yaml");
  if (document.ok()) return absl::StrCat("read as ", DumpJson(document->value));
  EXPECT_TRUE(absl::IsInvalidArgument(document.status()));
  return std::string(document.status().message());
}

TEST(YamlScalarTest, WhatRubyWritesWithoutQuotesStaysText) {
  for (const char* text : {"6063e25",    "0o17",
                           "1e3",        "1.0e3",
                           "08",         "1__0",
                           "1.2.3",      "5.10.0-8-amd64",
                           "0x",         "0b_",
                           "y",          "N",
                           "truE!",      "1:2:3:4",
                           "1:60",       "00:11:22:33:44:55",
                           "2026-11-21", "2026-11-21 10:11:12 Z",
                           "10.0.0.1/8", "-",
                           "+",          ".",
                           "+.",         "=",
                           "<<",         "1_",
                           "1,",         "0x1G",
                           ".e+3",       ".inf",
                           "-.INF",      ".NaN",
                           ":",          ":80",
                           "::1",        "fe80::1",
                           "1.0e+999",   "12e",
                           "Infinity",   "NaN",
                           "0x1p3",      "nil"}) {
    EXPECT_EQ(ResolveYamlScalar(text), Json(text)) << text;
  }
}

TEST(YamlScalarTest, IntegersAreThoseOfYaml11) {
  for (const auto& [text, value] :
       std::vector<std::pair<const char*, int64_t>>{{"0", 0},          {"00", 0},         {"-0", 0},
                                                    {"10", 10},        {"+1", 1},         {"-7", -7},
                                                    {"0644", 420},     {"0_7", 7},        {"0x1F", 31},
                                                    {"+0x1f", 31},     {"-0xff", -255},   {"0b101", 5},
                                                    {"-0b1_1", -3},    {"1_000", 1000},   {"1,000", 1000},
                                                    {"12:30", 45000},  {"-1:30", -1800},  {"190:20:30", 685230},
                                                    {"00:11:22", 682}, {"1_0:30", 37800}, {"12_:59", 46740}}) {
    const Json found = ResolveYamlScalar(text);
    EXPECT_TRUE(found.is_number_integer()) << text;
    EXPECT_EQ(found, Json(value)) << text;
  }
  EXPECT_EQ(IntegerText(ResolveYamlScalar("123456789012345678901234567890")), "123456789012345678901234567890");
  EXPECT_EQ(IntegerText(ResolveYamlScalar("-0xFFFFFFFFFFFFFFFFFFFF")), "-1208925819614629174706175");
  EXPECT_EQ(IntegerText(ResolveYamlScalar(absl::StrCat("0b1", std::string(70, '0')))), "1180591620717411303424");
}

TEST(YamlScalarTest, FloatsHaveAPointAndASignedExponent) {
  for (const auto& [text, value] : std::vector<std::pair<const char*, double>>{{"1.5", 1.5},
                                                                               {"10.0", 10},
                                                                               {"1.", 1},
                                                                               {".5", 0.5},
                                                                               {"-.5", -0.5},
                                                                               {"+1.25", 1.25},
                                                                               {"1.0e+3", 1000},
                                                                               {"1.e+3", 1000},
                                                                               {"2.5E-1", 0.25},
                                                                               {"1,000.5", 1000.5},
                                                                               {"1_0.5", 10.5},
                                                                               {"1:30.5", 5430}}) {
    const Json found = ResolveYamlScalar(text);
    EXPECT_TRUE(found.is_number_float()) << text;
    EXPECT_EQ(found, Json(value)) << text;
  }
}

TEST(YamlScalarTest, WordsAreThoseOfRuby) {
  for (const char* text : {"true", "Yes", "ON", "oN"}) EXPECT_EQ(ResolveYamlScalar(text), Json(true)) << text;
  for (const char* text : {"False", "no", "off"}) EXPECT_EQ(ResolveYamlScalar(text), Json(false)) << text;
  for (const char* text : {"", "~", "null", "NULL", "nUll"}) EXPECT_TRUE(ResolveYamlScalar(text).is_null()) << text;
  EXPECT_EQ(ResolveYamlScalar(":changed"), "changed");
  EXPECT_EQ(ResolveYamlScalar(":\"a b\""), "a b");
}

TEST(YamlTest, QuotedScalarsAndBlocksAreText) {
  EXPECT_EQ(Value("a: '10'\nb: \"true\"\nc: |\n  10\nd: >\n  x\n  y\ne: 'it''s'\nf: \"\\u00e9\"\n'10': x\n"),
            Json({{"a", "10"}, {"b", "true"}, {"c", "10\n"}, {"d", "x y\n"}, {"e", "it's"}, {"f", "é"}, {"10", "x"}}));
  EXPECT_EQ(Value("a: |\n  last"), Json({{"a", "last"}}));
  EXPECT_EQ(Value("a: |+\n  kept\n\n"), Json({{"a", "kept\n\n"}}));
}

TEST(YamlTest, KeysAreNamesAsTheyAreWritten) {
  EXPECT_EQ(Value("0644: a\non: b\n1e3: c\n:sym: d\n!ruby/sym _timestamp: e\n"),
            Json({{"0644", "a"}, {"on", "b"}, {"1e3", "c"}, {"sym", "d"}, {"_timestamp", "e"}}));
}

TEST(YamlTest, MergeKeysAreMergedAsPsychDoes) {
  const std::string base = "base: &base {role: db, tier: 1}\nmore: &more {tier: 2, zone: z}\n";
  EXPECT_EQ(Value(base + "web:\n  <<: *base\n  role: web\n")["web"], Json({{"role", "web"}, {"tier", 1}}));
  EXPECT_EQ(Value(base + "web:\n  role: web\n  <<: *base\n")["web"], Json({{"role", "db"}, {"tier", 1}}));
  EXPECT_EQ(Value(base + "web:\n  <<: [*base, *more]\n")["web"], Json({{"role", "db"}, {"tier", 1}, {"zone", "z"}}));
  EXPECT_EQ(Value(base + "web:\n  <<: *base\n  <<: *more\n")["web"],
            Json({{"role", "db"}, {"tier", 2}, {"zone", "z"}}));
  EXPECT_EQ(Value(base + "web: {<<: {a: 1}, b: 2}\n")["web"], Json({{"a", 1}, {"b", 2}}));
  EXPECT_EQ(Value(base + "<<: *more\n")["zone"], "z");
  EXPECT_EQ(Value("a: {<<: 3}\nb: {<<: [1]}\n"), Json({{"a", {{"<<", 3}}}, {"b", {{"<<", {1}}}}}));
}

TEST(YamlTest, AliasesGiveTheValueAgain) {
  EXPECT_EQ(Value("a: &x [1, '2']\nb: *x\nc: &y 0x10\nd: *y\n? &k key\n: 1\n"),
            Json({{"a", {1, "2"}}, {"b", {1, "2"}}, {"c", 16}, {"d", 16}, {"key", 1}}));
  EXPECT_EQ(Value("a: &n\nb: *n\n"), Json({{"a", nullptr}, {"b", nullptr}}));
  EXPECT_THAT(Problem("a: &x [*x]\n"), HasSubstr("x.yaml:1: an alias"));
  EXPECT_THAT(Problem("a: *nobody\n"), HasSubstr("x.yaml:1: not valid YAML"));
}

TEST(YamlTest, TagsOfYamlAndOfRubyAreReadThrough) {
  EXPECT_EQ(Value("a: !!str 10\nb: !ruby/string 1\nc: !!int '3'\nd: !!float 3\ne: !foo 4\nf: !!bool yes\n"),
            Json({{"a", "10"}, {"b", "1"}, {"c", 3}, {"d", 3.0}, {"e", 4}, {"f", true}}));
  EXPECT_EQ(Value("a: !ruby/sym notice\nb: !ruby/regexp /x/\nc: !ruby/object:Foo {bar: 1}\nd: !binary aGk=\n"),
            Json({{"a", "notice"}, {"b", "/x/"}, {"c", {{"bar", 1}}}, {"d", "hi"}}));
  EXPECT_EQ(
      Value("a: !!omap [x: 1, y: 2]\nb: !ruby/object:Puppet::Util::TagSet {hash: {file: true, web: true}}\n"
            "c: !ruby/hash-with-ivars {elements: {k: 1}, ivars: {'@x': 2}}\nd: !ruby/hash:Foo {k: 2}\n"
            "e: !ruby/string:Foo {str: text, '@x': 1}\n"),
      Json({{"a", {{"x", 1}, {"y", 2}}}, {"b", {"file", "web"}}, {"c", {{"k", 1}}}, {"d", {{"k", 2}}}, {"e", "text"}}));
  EXPECT_THAT(Problem("a: !!float x\n"), HasSubstr("x.yaml:1: 'x' is no float"));
  EXPECT_THAT(Problem("a: 1\nb: !binary /w==\n"), HasSubstr("x.yaml:2: holds binary data"));
  const auto document = ParseYaml("--- !ruby/object:Puppet::Node::Facts\nname: x\n", "x");
  EXPECT_EQ(document->tag, "!ruby/object:Puppet::Node::Facts");
}

TEST(YamlTest, ScalarsCanAllBeText) {
  const auto document = ParseYaml("- 0x10\n- on\n- 1_0\n- ~\n", "x", {}, YamlScalars::kText);
  EXPECT_EQ(document->value, Json({"0x10", "on", "1_0", nullptr}));
}

TEST(YamlTest, ByteOrderMarksAndCrlfAreRead) {
  EXPECT_EQ(Value("\xEF\xBB\xBFrole: web\r\nmotd: |\r\n  a\r\n  b\r\nlast: 'x\r\n  y'\r\n"),
            Json({{"role", "web"}, {"motd", "a\nb\n"}, {"last", "x y"}}));
  EXPECT_EQ(Value("\xEF\xBB\xBF---\r\nrole: web\r\n"), Json({{"role", "web"}}));
  EXPECT_THAT(Problem(absl::string_view("\xFF\xFEr\0", 4)), HasSubstr("x.yaml: is UTF-16"));
  EXPECT_THAT(Problem("a: 1\nb: caf\xE9\n"), HasSubstr("x.yaml:2: is not UTF-8"));
}

TEST(YamlTest, ATextWithoutAValueIsBlank) {
  for (const char* text : {"", "\n \n", "# only this\n", "---\n", "---\n...\n", "\xEF\xBB\xBF", "~\n"}) {
    const auto document = ParseYaml(text, "x.yaml");
    ASSERT_TRUE(document.ok()) << document.status();
    EXPECT_TRUE(document->is_blank && document->value.is_null()) << text;
  }
  EXPECT_FALSE(ParseYaml("{}", "x.yaml")->is_blank);
  EXPECT_FALSE(ParseYaml("--- ''\n", "x.yaml")->is_blank);
}

TEST(YamlTest, WhatCouldOnlyBeLostOrGuessedIsAnErrorWithItsLine) {
  EXPECT_THAT(Problem("a: 1\nb: 2\na: 3\n"), HasSubstr("x.yaml:3: key 'a' is given twice"));
  EXPECT_THAT(Problem("a: {b: 1, b: 2}\n"), HasSubstr("x.yaml:1: key 'b' is given twice"));
  EXPECT_THAT(Problem("a: 1\n? [x]\n: 2\n"), HasSubstr("x.yaml:2: a key must be a text"));
  EXPECT_THAT(Problem("a: 1\n~: 2\n"), HasSubstr("x.yaml:2: a key must be a text"));
  EXPECT_THAT(Problem("a: 1\n---\nb: 2\n"), HasSubstr("more than one YAML document"));
  // A file that is being written ends anywhere.
  EXPECT_THAT(Problem("role: web\ndatace\n"), HasSubstr("x.yaml:2: 'datace' stands alone"));
  EXPECT_THAT(Problem("role: web\ndatace"), HasSubstr("x.yaml:2: 'datace' stands alone"));
  EXPECT_THAT(Problem("role: 'web\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(Problem("role: \"web\n \n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(Problem("role: '"), HasSubstr("not valid YAML"));
  EXPECT_THAT(Problem("role: \"we"), HasSubstr("not valid YAML"));
  EXPECT_THAT(Problem("role: [web,\n"), HasSubstr("not valid YAML"));
  EXPECT_EQ(Value("role: web\ndata:\n"), Json({{"role", "web"}, {"data", nullptr}}));
  EXPECT_EQ(Value("role: web\nset: {a, b: }\n"), Json({{"role", "web"}, {"set", {{"a", nullptr}, {"b", nullptr}}}}));
}

TEST(YamlTest, DepthSizeAndRepetitionAreBounded) {
  EXPECT_THAT(Problem(std::string(40, '[') + std::string(40, ']')), HasSubstr("nested deeper than 32 levels"));
  EXPECT_THAT(Problem(std::string(100'000, '[')), HasSubstr("x.yaml:1: "));
  EXPECT_EQ(Problem(std::string((1u << 20) + 1, ' ')), "x.yaml: holds more than the 1 MiB accepted");
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n", deep = "a: ";
  for (int i = 1; i < 9; ++i) {
    absl::StrAppend(&bomb, "a", i, ": &a", i, " [*a", i - 1);
    for (int k = 0; k < 9; ++k) absl::StrAppend(&bomb, ",*a", i - 1);
    bomb += "]\n";
  }
  EXPECT_THAT(Problem(bomb), HasSubstr("more than 1 MiB once its aliases are unfolded"));
  for (int i = 0; i < 30; ++i) absl::StrAppend(&deep, "&x", i, " [");
  absl::StrAppend(&deep, std::string(100'000, 'x'), std::string(30, ']'));
  EXPECT_THAT(Problem(deep), HasSubstr("unfolded"));
}

TEST(YamlTest, AnyBytesAreAnErrorOrAValueButNeverACrash) {
  const std::string seed = "--- !x\na: &b [1, 'c']\n<<: {d: *b}\n? e\n: |\n  f\ng: \"\\x41\" # h\n";
  for (size_t place = 0; place < seed.size(); ++place) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = seed;
      text[place] = static_cast<char>(byte);
      const absl::StatusOr<YamlDocument> document = ParseYaml(text, "x");
      EXPECT_TRUE(!document.ok() || ParseJson(DumpJson(document->value), "x").ok()) << text;
    }
  }
}

TEST(TextFileTest, LinesAreOursWhoeverWroteThem) {
  EXPECT_EQ(*DecodeText("\xEF\xBB\xBF"
                        "a\r\nb\rc\n",
                        "f"),
            "a\nb\rc\n");
  EXPECT_EQ(*DecodeText("", "f"), "");
  EXPECT_EQ(DecodeText("a\nb\xC3", "f").status().message(), "f:2: is not UTF-8 text; save the file as UTF-8");
  EXPECT_FALSE(IsUtf8("\xED\xA0\x80") || IsUtf8("\xC0\x80") || IsUtf8("\xF4\x90\x80\x80"));
  EXPECT_TRUE(IsUtf8("Zürich 🚀"));
}

}  // namespace
}  // namespace orch

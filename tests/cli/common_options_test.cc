#include "cli/options/common_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options/option_groups.h"
#include "cli/options/option_values.h"
#include "cli/options/shell_words.h"

namespace orch::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr unsigned kAll = kBasicOptions | kOutputOptions | kTargetOptions | kRunOptions;

absl::Status ParseInto(const std::vector<std::string>& words, CommonOptions* options) {
  OptionTable table;
  AddCommonOptions(kAll, options, &table);
  const auto rest = table.Parse(words);
  if (!rest.ok()) return rest.status();
  return CheckCommonOptions(*options);
}

TEST(CommonOptionsTest, EveryFilterSpellingGivesItsKind) {
  using filter::OptionKind;
  const std::vector<std::pair<OptionKind, std::vector<std::string>>> spellings = {
      {OptionKind::kFact, {"-F", "--with-fact", "--wf"}},
      {OptionKind::kClass, {"-C", "--with-class", "--wc"}},
      {OptionKind::kIdentity, {"-I", "--with-identity", "--wi"}},
      {OptionKind::kPlugin, {"-A", "--with-plugin", "--with-agent", "--wa"}},
      {OptionKind::kCombined, {"-W", "--with"}},
      {OptionKind::kCompound, {"-S", "--select"}},
  };
  for (const auto& [kind, names] : spellings) {
    for (const std::string& name : names) {
      const std::string attached = name[1] == '-' ? name + "=os=x" : name + "os=x";
      for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{name, "os=x"}, {attached}}) {
        CommonOptions options;
        ASSERT_TRUE(ParseInto(words, &options).ok()) << name;
        ASSERT_EQ(options.filter.size(), 1u);
        EXPECT_EQ(options.filter[0].kind, kind);
        EXPECT_EQ(options.filter[0].text, "os=x");
      }
    }
  }
}

TEST(CommonOptionsTest, AnEmptyFilterIsKeptSoThatTheParserRefusesIt) {
  CommonOptions options;
  ASSERT_TRUE(ParseInto({"-W", ""}, &options).ok());
  EXPECT_FALSE(filter::Filter::Parse(options.filter).ok());
}

TEST(CommonOptionsTest, LimitIsANumberOrAPercentage) {
  for (const std::string name : {"--limit", "--limit-nodes", "--ln"}) {
    CommonOptions options;
    ASSERT_TRUE(ParseInto({name, "3"}, &options).ok());
    EXPECT_EQ(options.limit.count, 3u);
  }
  CommonOptions options;
  ASSERT_TRUE(ParseInto({"--limit=10%", "--batch", "50%"}, &options).ok());
  EXPECT_EQ(options.limit.percent, 10u);
  EXPECT_EQ(options.batch.percent, 50u);
  for (const std::string wrong : {"abc", "0", "-1", "101%", "%", "", "1.5", "5 %"}) {
    CommonOptions ignored;
    EXPECT_THAT(std::string(ParseInto({"--limit", wrong}, &ignored).message()), HasSubstr("option --limit")) << wrong;
  }
}

TEST(CommonOptionsTest, TimesAreSecondsOrCarryAUnit) {
  CommonOptions options;
  ASSERT_TRUE(ParseInto({"-t", "2.5", "--batch-sleep", "0"}, &options).ok());
  EXPECT_EQ(options.timeout, absl::Milliseconds(2500));
  EXPECT_EQ(options.batch_sleep, absl::ZeroDuration());
  EXPECT_EQ(*ParseSeconds("500ms", false), absl::Milliseconds(500));
  for (const char* wrong : {"0", "-1", "x", "", "nan", "inf", "1e99"}) {
    EXPECT_FALSE(ParseSeconds(wrong, false).ok()) << wrong;
  }
}

TEST(CommonOptionsTest, OneMayBeRepeatedButNotCombinedWithLimit) {
  CommonOptions options;
  EXPECT_TRUE(ParseInto({"-1", "--one"}, &options).ok());
  EXPECT_THAT(std::string(ParseInto({"--limit", "2"}, &options).message()), HasSubstr("exclude each other"));
}

TEST(CommonOptionsTest, DisplayModesAreChecked) {
  CommonOptions options;
  ASSERT_TRUE(ParseInto({"--display=none"}, &options).ok());
  EXPECT_EQ(options.display, DisplayMode::kNone);
  EXPECT_THAT(std::string(ParseInto({"--display", "some"}, &options).message()), HasSubstr("ok, failed, all, none"));
}

TEST(CommonOptionsTest, JsonTakesItsFormOnlyAfterEquals) {
  CommonOptions options;
  ASSERT_TRUE(ParseInto({"-j"}, &options).ok());
  EXPECT_EQ(options.format, Format::kJson);
  CommonOptions array;
  ASSERT_TRUE(ParseInto({"--json=array"}, &array).ok());
  EXPECT_EQ(array.format, Format::kJsonArray);
  EXPECT_FALSE(ParseInto({"--json=xml"}, &options).ok());
}

TEST(ShellWordsTest, QuotesAndBackslashesKeepBlanks) {
  EXPECT_THAT(*SplitShellWords(R"(-q  -S "a and b" 'c d'\ e "")", "X"),
              ElementsAre("-q", "-S", "a and b", "c d e", ""));
  EXPECT_TRUE(SplitShellWords("", "X")->empty());
}

TEST(ShellWordsTest, OpenQuoteNamesTheSource) {
  EXPECT_THAT(std::string(SplitShellWords("'a", "ORCHCTL_OPTS").status().message()),
              HasSubstr("ORCHCTL_OPTS: a quote"));
}

}  // namespace
}  // namespace orch::cli

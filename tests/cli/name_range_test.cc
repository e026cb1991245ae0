#include "cli/options/name_range.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"

namespace orch::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string Expanded(const std::string& text) {
  const auto names = ExpandNameRange(text);
  return names.ok() ? absl::StrJoin(*names, " ") : std::string(names.status().message());
}

TEST(NameRangeTest, WritesOutNumbersInOrderAndAsWideAsTheyAreWritten) {
  EXPECT_EQ(Expanded("web[08-11]"), "web08 web09 web10 web11");
  EXPECT_EQ(Expanded("web[8-11].x"), "web8.x web9.x web10.x web11.x");
  EXPECT_EQ(Expanded("node00[1-2].example.net"), "node001.example.net node002.example.net");
  EXPECT_EQ(Expanded("db[1,03,7-9]"), "db1 db03 db7 db8 db9");
  EXPECT_EQ(Expanded("r[1-2]n[1-2]"), "r1n1 r1n2 r2n1 r2n2");
  EXPECT_EQ(Expanded("web[5-5]"), "web5");
  EXPECT_EQ(Expanded("web[099-101]"), "web099 web100 web101");
}

TEST(NameRangeTest, OnlyWhatCanBeNoIdentityAndNoRegexIsARange) {
  for (const char* range : {"web[01-20]", "[1-2]", "a[1]b[2,3].net"}) EXPECT_TRUE(IsNameRange(range)) << range;
  for (const char* other : {"web01", "/web[01-20]/", "/[1-2]", "web[", "web[]", "web[a-c]", "web[1-2", "web1-2]",
                            "web[1-]", "web[-1]", "web[1,]", "web[1-2-3]", "web[1][", "web[1]*", "we b[1]", "web[[1]]",
                            "web[1 ]", "web[1234567890123456789]", ""}) {
    EXPECT_FALSE(IsNameRange(other)) << other;
  }
}

TEST(NameRangeTest, ARangeThatRunsBackwardsOrTooFarIsRefused) {
  EXPECT_THAT(Expanded("web[20-01]"), HasSubstr("-I 'web[20-01]': the range 20-01 runs backwards"));
  EXPECT_THAT(Expanded("web[1-65537]"), HasSubstr("at most 65536 nodes"));
  EXPECT_THAT(Expanded("web[0-999999999999999999]"), HasSubstr("at most 65536 nodes"));
  EXPECT_THAT(Expanded("a[1-300]b[1-300]"), HasSubstr("at most 65536 nodes"));
  EXPECT_THAT(Expanded("a[1-65536,1-65536]"), HasSubstr("at most 65536 nodes"));
  EXPECT_THAT(*ExpandNameRange("web[1-65536]"), SizeIs(65536));
}

TEST(ExpandFilterTest, LeavesEveryLegalFilterAsItIs) {
  using filter::OptionKind;
  const std::vector<filter::Option> legal = {
      {OptionKind::kIdentity, "web01"},    {OptionKind::kIdentity, "/web[01-20]/"}, {OptionKind::kClass, "web[01-20]"},
      {OptionKind::kPlugin, "x[1-2]"},     {OptionKind::kFact, "a=[1-2]"},          {OptionKind::kFact, "a=\"\""},
      {OptionKind::kFact, "a=b="},         {OptionKind::kCombined, "a=b c"},        {OptionKind::kCompound, "a=b"},
      {OptionKind::kFact, "kernel=~/5=$/"}};
  const auto written = ExpandFilter(legal);
  ASSERT_TRUE(written.ok());
  ASSERT_THAT(*written, SizeIs(legal.size()));
  for (size_t i = 0; i < legal.size(); ++i) EXPECT_EQ((*written)[i].text, legal[i].text);
}

TEST(ExpandFilterTest, AComparisonWithoutAValueComparesWithTheEmptyText) {
  const auto text = [](const std::string& fact) {
    return (*ExpandFilter({{filter::OptionKind::kFact, fact}}))[0].text;
  };
  EXPECT_EQ(text("motd="), "motd=\"\"");
  EXPECT_EQ(text("motd = "), "motd = \"\"");
  EXPECT_EQ(text("motd=="), "motd==\"\"");
  EXPECT_EQ(text("motd!="), "motd!=\"\"");
  for (const char* refused : {"motd=~", "motd<", "motd=>", "motd>=", "motd"}) EXPECT_EQ(text(refused), refused);
}

TEST(ExpandFilterTest, TheLimitAppliesToAllRangesTogether) {
  const filter::Option range{filter::OptionKind::kIdentity, "web[1-40000]"};
  EXPECT_TRUE(ExpandFilter({range}).ok());
  EXPECT_THAT(std::string(ExpandFilter({range, range}).status().message()), HasSubstr("at most 65536 nodes"));
}

}  // namespace
}  // namespace orch::cli

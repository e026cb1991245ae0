#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/filter/filter_fixture.h"

namespace orch::filter {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Refusal(const std::string& identity) {
  const Option option{OptionKind::kIdentity, identity};
  return std::string(CheckIdentityNames({&option, 1}).message());
}

TEST(IdentityTest, KnowsWhatAnIdentityMayHold) {
  EXPECT_TRUE(IsIdentity("web-01.example_x.net"));
  EXPECT_TRUE(IsIdentity(std::string(255, 'a')));
  for (const char* text : {"", "a b", "web*", "caf\xc3\xa9", "a/b", "a\n"}) EXPECT_FALSE(IsIdentity(text)) << text;
  EXPECT_FALSE(IsIdentity(std::string(256, 'a')));
}

TEST(IdentityTest, OffersTheRegexForAWildcard) {
  EXPECT_THAT(Refusal("web*"), AllOf(StartsWith("-I: column 4: no identity holds '*'"), HasSubstr("-I '/^web.*$/'")));
  EXPECT_THAT(Refusal("web?.example.net"), HasSubstr("'/^web.\\.example\\.net$/'"));
  EXPECT_THAT(Refusal("a.net,b.net"), HasSubstr("'/^(a\\.net|b\\.net)$/'"));
}

TEST(IdentityTest, OffersOnlyRegexesThatParse) {
  for (const char* text : {"web*", "[ab]", "a(b", "é+", "a\\", "{1,2}", "!x", "a,", "*,?"}) {
    const std::string refusal = Refusal(text);
    const size_t begin = refusal.find("-I '") + 4;
    const std::string offered = refusal.substr(begin, refusal.find("'\n", begin) - begin);
    EXPECT_TRUE(ParseOne(OptionKind::kIdentity, offered).ok()) << text << ": " << offered;
  }
}

TEST(IdentityTest, LeavesNamesAndRegexesAlone) {
  EXPECT_EQ(Refusal("web-01.example.net"), "");
  EXPECT_EQ(Refusal("/web*/"), "");
  EXPECT_THAT(Refusal(std::string(256, 'a')), HasSubstr("at most 255"));
  const Option other{OptionKind::kClass, "web*"};
  EXPECT_TRUE(CheckIdentityNames({&other, 1}).ok());
}

}  // namespace
}  // namespace orch::filter

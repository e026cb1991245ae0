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
  for (const char* text : {"", "a b", "web*", "caf\xc3\xa9", "a/b", "a\n", ".", "..", "-x", "-", "--all"}) {
    EXPECT_FALSE(IsIdentity(text)) << text;
  }
  for (const char* text : {"...", ".a", "a-", "_-", "a..b"}) EXPECT_TRUE(IsIdentity(text)) << text;
  EXPECT_FALSE(IsIdentity(std::string(256, 'a')));
}

TEST(IdentityTest, OffersTheRegexForAWildcard) {
  EXPECT_THAT(Refusal("web*"), AllOf(StartsWith("-I: column 4: no identity holds '*'"), HasSubstr("-I '/^web.*$/'")));
  EXPECT_THAT(Refusal("web?.example.net"), HasSubstr("'/^web.\\.example\\.net$/'"));
  EXPECT_THAT(Refusal("a.net,b.net"), HasSubstr("'/^(a\\.net|b\\.net)$/'"));
}

TEST(IdentityTest, OffersTheRegexForTheShellsSetsAndAlternatives) {
  EXPECT_THAT(Refusal("node00[1-2].example.net"), HasSubstr("'/^node00[1-2]\\.example\\.net$/'"));
  EXPECT_THAT(Refusal("web[!a-c]*"), HasSubstr("'/^web[^a-c].*$/'"));
  EXPECT_THAT(Refusal("db{1,2.eu}.x"), HasSubstr("'/^(db(1|2\\.eu)\\.x)$/'"));
  EXPECT_THAT(Refusal("web[3-1]"), HasSubstr("'/^web.3-1.$/'")) << "no regex could hold this set";
}

TEST(IdentityTest, TheOfferedRegexMatchesWhatWasMeantAndNothingElse) {
  const auto matches = [](const std::string& written, const std::string& identity) {
    const std::string refusal = Refusal(written);
    const size_t begin = refusal.find("-I '") + 4;
    const auto filter = ParseOne(OptionKind::kIdentity, refusal.substr(begin, refusal.find("'\n", begin) - begin));
    EXPECT_TRUE(filter.ok()) << written;
    TestNode node;
    node.name = identity;
    return filter.ok() && Matches(*filter, node, nullptr);
  };
  EXPECT_TRUE(matches("node00[1-2].example.net", "node001.example.net"));
  EXPECT_TRUE(matches("node00[1-2].example.net", "node002.example.net"));
  for (const char* other :
       {"node003.example.net", "node001xexample.net", "node0012.example.net", "node00-.example.net"})
    EXPECT_FALSE(matches("node00[1-2].example.net", other)) << other;
  EXPECT_TRUE(matches("db{1,2}.x", "db2.x"));
  EXPECT_FALSE(matches("db{1,2}.x", "2.x"));
}

TEST(IdentityTest, OffersOnlyRegexesThatParse) {
  for (const char* text : {"web*", "[ab]", "[]", "[!]", "[z-a]", "[a-]", "[-a]", "[a-c-e]", "[a--]", "{a,{b,c}}", "[^",
                           "{,}", "a(b", "é+", "a\\", "{1,2}", "!x", "a,", "*,?"}) {
    const std::string refusal = Refusal(text);
    const size_t begin = refusal.find("-I '") + 4;
    const std::string offered = refusal.substr(begin, refusal.find("'\n", begin) - begin);
    EXPECT_TRUE(ParseOne(OptionKind::kIdentity, offered).ok()) << text << ": " << offered;
  }
}

TEST(IdentityTest, RefusesNamesOfFoldersAndOptions) {
  for (const char* text : {".", "..", "-x", "--all"}) {
    EXPECT_THAT(Refusal(text), AllOf(StartsWith("-I: column 1: no identity is"), HasSubstr(text), HasSubstr("'..'")));
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

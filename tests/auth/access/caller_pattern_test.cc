#include "auth/access/caller_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace orch::auth {
namespace {

using ::testing::HasSubstr;

bool Fits(absl::string_view word, const std::string& caller) {
  const auto pattern = CallerPattern::Parse(word);
  EXPECT_TRUE(pattern.ok()) << word << ": " << pattern.status();
  return pattern.ok() && pattern->Fits({caller, {}});
}

TEST(CallerPatternTest, FitsTheWholeCaller) {
  EXPECT_TRUE(Fits("cert=rip", "cert=rip"));
  EXPECT_FALSE(Fits("cert=rip", "cert=ripley"));
  EXPECT_FALSE(Fits("cert=ripley", "cert=rip"));
  EXPECT_FALSE(Fits("cert=rip", "client=rip"));
  EXPECT_FALSE(Fits("cert=rip", "xcert=rip"));
  EXPECT_TRUE(Fits("*", "anything"));
  EXPECT_TRUE(Fits("oidc=auth0|123", "oidc=auth0|123"));
}

TEST(CallerPatternTest, AnExpressionFitsTheWholeName) {
  EXPECT_TRUE(Fits("cert=/ci-.*/", "cert=ci-7"));
  EXPECT_FALSE(Fits("cert=/ci-.*/", "cert=aci-7"));
  EXPECT_FALSE(Fits("cert=/ci-/", "cert=ci-7"));
  EXPECT_FALSE(Fits("cert=/ci-.*/", "client=ci-7"));
  EXPECT_TRUE(Fits("client=/a|b/", "client=b"));
  EXPECT_FALSE(Fits("client=/a|b/", "client=ab"));
  EXPECT_FALSE(Fits("client=/a|.*b/", "cert=b"));  // an alternative does not escape the kind
  EXPECT_FALSE(Fits("client=/.*/", "client=" + std::string(kMaxCallerBytes, 'a')));
}

TEST(CallerPatternTest, UnixGroupsAreThoseOfTheCaller) {
  const auto pattern = CallerPattern::Parse("unix-group=orch-admin");
  ASSERT_TRUE(pattern.ok());
  EXPECT_TRUE(pattern->Fits({"user=bob", {"users", "orch-admin"}}));
  EXPECT_FALSE(pattern->Fits({"user=bob", {"users", "orch-administrators"}}));
  EXPECT_FALSE(pattern->Fits({"unix-group=orch-admin", {}}));
}

TEST(CallerPatternTest, WrongWordsAreRefusedWithTheRemedy) {
  const std::pair<const char*, const char*> kWrong[] = {
      {"", "write client=NAME"},
      {"alice", "write client=NAME"},
      {"clients=alice", "did you mean client?"},
      {"client=", "the name after '=' is missing"},
      {"client=web*", "client=/web-.*/"},
      {"client=a, client=b", "as a list"},
      {"client=-a", "does not begin with '-'"},
      {"client=/a", "a slash must close it"},
      {"client=//", "it is empty"},
      {"client=/(/", "missing )"},
      {"client=/a)|(b/", "unexpected )"},
      {"client=/(?:a{1000}){3}/", "refused"},
      {"group=web", "groups are those of access.yaml"},
      {"node=web1", "a node makes no requests"},
      {"cert=\xff", "no bytes beyond ASCII"},
  };
  for (const auto& [word, expected] : kWrong) {
    const auto pattern = CallerPattern::Parse(word);
    ASSERT_FALSE(pattern.ok()) << word;
    EXPECT_THAT(std::string(pattern.status().message()), HasSubstr(expected));
  }
  EXPECT_FALSE(CallerPattern::Parse("client=" + std::string(kMaxCallerBytes, 'a')).ok());
}

}  // namespace
}  // namespace orch::auth

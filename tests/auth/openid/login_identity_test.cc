#include "auth/openid/login_identity.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(LoginIdentityTest, NameAndGroupsComeFromTheClaims) {
  const auto identity = LoginIdentityOf(
      {{"sub", "auth0|123"}, {"roles", Json::array({"web", "/ops", "web", "two words"})}}, "sub", "roles");
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ(identity->name, "auth0|123");
  EXPECT_THAT(identity->groups, ElementsAre("ops", "two words", "web"));
  EXPECT_THAT(LoginIdentityOf({{"sub", "a"}}, "sub", "groups")->groups, IsEmpty());
}

TEST(LoginIdentityTest, ANameThatRulesCannotHoldIsRefusedWithTheRemedy) {
  for (const Json& name : {Json("a b"), Json("a/b"), Json("-a"), Json(""), Json("größe"), Json(7), Json(nullptr),
                           Json(std::string(256, 'a')), Json("a\nb")}) {
    const auto identity = LoginIdentityOf({{"sub", name}}, "sub", "groups");
    ASSERT_FALSE(identity.ok()) << name;
    EXPECT_THAT(std::string(identity.status().message()), HasSubstr("security.login.name_claim"));
  }
  EXPECT_FALSE(LoginIdentityOf(Json::object(), "email", "groups").ok());
}

TEST(LoginIdentityTest, AnAddressCountsOnlyIfItWasVerified) {
  const Json claims = {{"email", "Alice@Example.com"}, {"email_verified", true}};
  EXPECT_EQ(LoginIdentityOf(claims, "email", "groups")->name, "alice@example.com");
  for (const Json& verified : {Json(false), Json("true"), Json(1), Json(nullptr)}) {
    Json other = claims;
    other["email_verified"] = verified;
    EXPECT_FALSE(LoginIdentityOf(other, "email", "groups").ok()) << verified;
  }
  EXPECT_FALSE(LoginIdentityOf({{"email", "alice@example.com"}}, "email", "groups").ok());
}

TEST(LoginIdentityTest, GroupsThatCannotAllBeTakenAreAnErrorBecauseARuleMayDenyOne) {
  Json many = Json::array();
  for (size_t i = 0; i <= LoginIdentity::kMaxGroups; ++i) many.push_back(absl::StrCat("g", i));
  for (const Json& groups :
       {Json("ops"), Json(7), Json(nullptr), Json::array({"ops", 7}), Json::array({""}), Json::array({"a\x1b"}),
        Json::array({std::string(LoginIdentity::kMaxGroupBytes + 1, 'g')}), many}) {
    const auto identity = LoginIdentityOf({{"sub", "a"}, {"groups", groups}}, "sub", "groups");
    ASSERT_FALSE(identity.ok()) << groups;
    EXPECT_THAT(std::string(identity.status().message()), HasSubstr("groups_claim"));
  }
  EXPECT_FALSE(LoginIdentityOf({{"sub", "a"}, {"_claim_names", {{"groups", "src1"}}}}, "sub", "groups").ok());
  many.erase(0);
  EXPECT_EQ(LoginIdentityOf({{"sub", "a"}, {"groups", many}}, "sub", "groups")->groups.size(),
            LoginIdentity::kMaxGroups);
}

}  // namespace
}  // namespace orch::auth

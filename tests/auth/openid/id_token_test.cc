#include "auth/openid/id_token.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/auth/openid/id_token_fixture.h"

namespace orch::auth {
namespace {

using ::testing::HasSubstr;

class IdTokenTest : public ::testing::Test {
 protected:
  TestProvider provider_;
  const absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  const IdTokenExpectation expected_{"https://login.example.com", "orch"};

  Json Claims() const {
    return {{"iss", expected_.issuer},
            {"aud", expected_.client_id},
            {"sub", "alice"},
            {"iat", 1'700'000'000},
            {"exp", 1'700'000'300}};
  }
  absl::StatusOr<Json> Check(const Json& claims) {
    return CheckIdToken(provider_.Sign(claims), provider_.KeySet(), expected_, now_);
  }
  void ExpectRefused(const absl::StatusOr<Json>& checked, const std::string& why) {
    EXPECT_TRUE(absl::IsUnauthenticated(checked.status())) << checked.status();
    EXPECT_THAT(std::string(checked.status().message()), HasSubstr(why));
  }
  // The claims with one of them changed; null: left out.
  Json With(const char* name, Json value) const {
    Json claims = Claims();
    if (value.is_null()) {
      claims.erase(name);
    } else {
      claims[name] = std::move(value);
    }
    return claims;
  }
};

TEST_F(IdTokenTest, AGoodTokenGivesItsClaims) {
  const absl::StatusOr<Json> claims = Check(Claims());
  ASSERT_TRUE(claims.ok()) << claims.status();
  EXPECT_EQ((*claims)["sub"], "alice");
  EXPECT_TRUE(Check(With("aud", Json::array({"orch"}))).ok());
  Json several = With("aud", Json::array({"other", "orch"}));
  several["azp"] = "orch";
  EXPECT_TRUE(Check(several).ok());
}

TEST_F(IdTokenTest, EachWrongClaimIsRefusedByName) {
  ExpectRefused(Check(With("iss", "https://evil.example.com")), "another provider");
  ExpectRefused(Check(With("iss", nullptr)), "another provider");
  ExpectRefused(Check(With("aud", "other")), "another client");
  ExpectRefused(Check(With("aud", nullptr)), "another client");
  ExpectRefused(Check(With("aud", 7)), "another client");
  ExpectRefused(Check(With("aud", Json::array({"other", "orch"}))), "another client");
  ExpectRefused(Check(With("azp", "other")), "another client");
  ExpectRefused(Check(With("sub", nullptr)), "names nobody");
  ExpectRefused(Check(With("sub", 7)), "names nobody");
  ExpectRefused(Check(With("exp", nullptr)), "no time 'exp'");
  ExpectRefused(Check(With("exp", "tomorrow")), "no time 'exp'");
  ExpectRefused(Check(With("exp", 1e300)), "out of range");
  ExpectRefused(Check(With("exp", -1)), "out of range");
  ExpectRefused(Check(With("iat", nullptr)), "no time 'iat'");
  ExpectRefused(Check(With("exp", 1'699'999'940)), "expired");
  ExpectRefused(Check(With("iat", 1'700'000'061)), "from the future");
  ExpectRefused(Check(With("nbf", 1'700'000'061)), "not valid yet");
}

TEST_F(IdTokenTest, ClocksMayDifferByTheirSkew) {
  EXPECT_TRUE(Check(With("exp", 1'699'999'941)).ok());
  EXPECT_TRUE(Check(With("iat", 1'700'000'060)).ok());
}

TEST_F(IdTokenTest, OnlyTheProvidersKeyCounts) {
  TestProvider other("k1"), renamed("k2");
  ExpectRefused(CheckIdToken(other.Sign(Claims()), provider_.KeySet(), expected_, now_), "signature");
  ExpectRefused(CheckIdToken(renamed.Sign(Claims()), provider_.KeySet(), expected_, now_), "no key 'k2'");
  ExpectRefused(CheckIdToken(provider_.Sign(Claims()), Json::object(), expected_, now_), "no list 'keys'");
  Json for_encryption = provider_.KeySet();
  for_encryption["keys"][0]["use"] = "enc";
  ExpectRefused(CheckIdToken(provider_.Sign(Claims()), for_encryption, expected_, now_), "no key");
  Json nonsense = {{"keys", Json::array({7, Json::object(), {{"kty", "EC"}, {"kid", "k1"}}})}};
  ExpectRefused(CheckIdToken(provider_.Sign(Claims()), nonsense, expected_, now_), "signature");
}

TEST_F(IdTokenTest, NoSignatureAndSharedSecretsAreRefused) {
  const std::string body = absl::WebSafeBase64Escape(DumpJson(Claims()));
  for (const char* algorithm : {"none", "HS256", "EdDSA", ""}) {
    const std::string header = absl::WebSafeBase64Escape(absl::StrCat(R"({"alg":")", algorithm, R"("})"));
    const auto checked = CheckIdToken(absl::StrCat(header, ".", body, ".AAAA"), provider_.KeySet(), expected_, now_);
    EXPECT_TRUE(absl::IsUnauthenticated(checked.status())) << algorithm;
  }
  const std::string good = provider_.Sign(Claims());
  const std::string text = good.substr(0, good.rfind('.'));
  for (const std::string& token : {text + ".", text, good.substr(1), std::string(), std::string("a.b.c"),
                                   std::string(kMaxIdTokenBytes + 1, 'a'), std::string("\0.\0.\0", 5)}) {
    EXPECT_FALSE(CheckIdToken(token, provider_.KeySet(), expected_, now_).ok());
  }
  for (size_t i = 0; i + 2 < good.size(); i += 7) {  // the last character has bits that mean nothing
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(CheckIdToken(changed, provider_.KeySet(), expected_, now_).ok()) << i;
  }
}

TEST_F(IdTokenTest, AnExtensionThatMustBeUnderstoodIsRefused) {
  ExpectRefused(
      CheckIdToken(provider_.Sign(Claims(), CJOSE_HDR_ALG_ES256, R"(["exp2"])"), provider_.KeySet(), expected_, now_),
      "extension");
}

}  // namespace
}  // namespace orch::auth

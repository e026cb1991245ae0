#include "services/hub/login/openid_provider.h"

#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/login/curl_http.h"
#include "tests/auth/openid/id_token_fixture.h"
#include "tests/hub/login/fake_http.h"

namespace orch::hub {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

class OpenIdProviderTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  FakeHttp http_;
  auth::TestProvider keys_;
  LoginSettings settings_{kIssuer, "orch"};
  OpenIdProvider provider_{settings_, "top-secret", &http_, &clock_};

  std::string Token(auth::TestProvider* keys) {
    const int64_t now = absl::ToUnixSeconds(clock_.Now());
    return keys->Sign({{"iss", kIssuer}, {"aud", "orch"}, {"sub", "alice"}, {"iat", now}, {"exp", now + 300}});
  }
  void ExpectNoDevice(const std::string& why) {
    const auto device = provider_.BeginDevice();
    ASSERT_FALSE(device.ok());
    EXPECT_THAT(std::string(device.status().message()), HasSubstr(why));
  }
};

TEST_F(OpenIdProviderTest, BeginsTheDeviceFlowAsItsClient) {
  http_.PutConfiguration();
  http_.PutJson("/device", FakeHttp::DeviceAnswer());
  const auto device = provider_.BeginDevice();
  ASSERT_TRUE(device.ok()) << device.status();
  EXPECT_EQ(device->user_code, "ABCD-EFGH");
  EXPECT_EQ(device->interval, absl::Seconds(5));
  EXPECT_EQ(device->expires_in, absl::Minutes(10));
  EXPECT_THAT(http_.forms[0], Contains(Pair("client_id", "orch")));
  EXPECT_THAT(http_.forms[0], Contains(Pair("client_secret", "top-secret")));
  ASSERT_TRUE(provider_.BeginDevice().ok());
  EXPECT_EQ(http_.asked[std::string(kIssuer) + "/.well-known/openid-configuration"], 1) << "kept for an hour";
}

TEST_F(OpenIdProviderTest, AConfigurationThatMakesNoSenseIsRefusedByItsField) {
  const std::string path = "/.well-known/openid-configuration";
  ExpectNoDevice("nobody answers");
  http_.Put(path, HttpAnswer{404, "<html>"});
  http_.Put(path, HttpAnswer{200, "<html>"});
  http_.PutJson(path, {{"issuer", "https://evil.example.com"}});
  Json good = {{"issuer", kIssuer},
               {"token_endpoint", "https://a/t"},
               {"jwks_uri", "https://a/k"},
               {"device_authorization_endpoint", "https://a/d"}};
  for (const char* name : {"token_endpoint", "jwks_uri", "device_authorization_endpoint"}) {
    for (const Json& wrong :
         {Json(nullptr), Json(7), Json("http://a/b"), Json("http://127.0.0.1/b"), Json("file:///etc/shadow"),
          Json("ftp://a/b"), Json("https://user:secret@a/b"), Json(std::string(5000, 'a'))}) {
      Json other = good;
      other[name] = wrong;
      http_.PutJson(path, other);
    }
  }
  ExpectNoDevice("answers 404");
  ExpectNoDevice("configuration");
  ExpectNoDevice("'issuer'");
  for (int i = 0; i < 24; ++i) ExpectNoDevice("configuration has no usable");
}

TEST_F(OpenIdProviderTest, AnAnswerOfTheDeviceEndpointIsChecked) {
  http_.PutConfiguration();
  http_.PutJson("/device", {{"error", "unauthorized_client"}, {"error_description", "not\x1b[31m this one"}}, 400);
  ExpectNoDevice("unauthorized_client: not\\x1b[31m this one");
  http_.Put("/device", HttpAnswer{200, "[]"});
  ExpectNoDevice("(400");
  ExpectNoDevice("device_code");
  for (const char* name : {"device_code", "user_code", "verification_uri"}) {
    Json answer = FakeHttp::DeviceAnswer();
    answer.erase(name);
    http_.PutJson("/device", answer);
  }
  ExpectNoDevice("device_code");
  ExpectNoDevice("'device_code'");
  ExpectNoDevice("'user_code'");
  ExpectNoDevice("'verification_uri'");
  Json wild = FakeHttp::DeviceAnswer();
  wild["interval"] = -1;
  wild["expires_in"] = 1e12;
  wild["verification_uri_complete"] = "javascript:alert(1)";
  http_.PutJson("/device", wild);
  ExpectNoDevice("'verification_uri'");
  const auto device = provider_.BeginDevice();
  ASSERT_TRUE(device.ok()) << device.status();
  EXPECT_EQ(device->interval, OpenIdProvider::kMinInterval);
  EXPECT_EQ(device->expires_in, OpenIdProvider::kMaxWait);
  EXPECT_EQ(device->verification_uri_complete, "");
}

TEST_F(OpenIdProviderTest, TellsHowTheUserGetsOn) {
  http_.PutConfiguration();
  http_.PutJson("/token", {{"error", "authorization_pending"}}, 400);
  EXPECT_EQ(provider_.Ask("code")->progress, OpenIdProvider::Progress::kPending);
  http_.PutJson("/token", {{"error", "slow_down"}}, 400);
  EXPECT_EQ(provider_.Ask("code")->progress, OpenIdProvider::Progress::kPending);
  http_.PutJson("/token", {{"error", "expired_token"}}, 400);
  EXPECT_EQ(provider_.Ask("code")->progress, OpenIdProvider::Progress::kSlowDown);
  http_.PutJson("/token", {{"error", "access_denied"}}, 400);
  EXPECT_TRUE(absl::IsDeadlineExceeded(provider_.Ask("code").status()));
  http_.PutJson("/token", {{"error", "server_on_fire"}}, 500);
  EXPECT_TRUE(absl::IsPermissionDenied(provider_.Ask("code").status()));
  http_.Put("/token", HttpAnswer{502, "<html>bad gateway"});
  EXPECT_TRUE(absl::IsPermissionDenied(provider_.Ask("code").status()));
  http_.PutJson("/token", {{"access_token", "x"}});
  EXPECT_TRUE(absl::IsUnavailable(provider_.Ask("code").status()));
  http_.PutJson("/token", {{"id_token", "t"}});
  EXPECT_TRUE(absl::IsFailedPrecondition(provider_.Ask("code").status()));
  EXPECT_EQ(provider_.Ask("code")->id_token, "t");
  EXPECT_THAT(http_.forms.back(), Contains(Pair("device_code", "code")));
}

TEST_F(OpenIdProviderTest, NewKeysOfTheProviderAreReadOnceAMinuteAtMost) {
  auth::TestProvider next("k2"), unknown("k3");
  http_.PutConfiguration();
  http_.PutJson("/keys", keys_.KeySet());
  http_.PutJson("/keys", next.KeySet());
  const std::string keys = std::string(kIssuer) + "/keys";
  EXPECT_TRUE(provider_.Claims(Token(&keys_)).ok());
  EXPECT_TRUE(provider_.Claims(Token(&keys_)).ok());
  EXPECT_EQ(http_.asked[keys], 1);
  EXPECT_FALSE(provider_.Claims(Token(&next)).ok()) << "within the minute";
  EXPECT_EQ(http_.asked[keys], 1);
  clock_.Advance(OpenIdProvider::kReadKeysEvery);
  EXPECT_TRUE(provider_.Claims(Token(&next)).ok());
  EXPECT_EQ(http_.asked[keys], 2);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(provider_.Claims(Token(&unknown)).ok());
  EXPECT_EQ(http_.asked[keys], 2);
}

TEST(ProviderUrlTest, OnlyHttpsAndLoopback) {
  for (const char* good :
       {"https://login.example.com/x?y=z", "http://127.0.0.1:80/", "http://[::1]:8080/", "http://localhost/"}) {
    EXPECT_TRUE(IsProviderUrl(good)) << good;
  }
  for (const char* bad :
       {"http://login.example.com/", "http://127.evil.example.com/", "http://127.0.0.1@evil/", "ftp://a/",
        "file:///etc/passwd", "", "x", "javascript:alert(1)", "https://u:p@host/", "https://"}) {
    EXPECT_FALSE(IsProviderUrl(bad)) << bad;
  }
}

}  // namespace
}  // namespace orch::hub

#include "auth/peer_tls.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/hub_tls_fixture.h"

namespace orch::auth {
namespace {

using testing::HasSubstr;

TEST(PeerTlsOptionsTest, SettingsThatDoNotGoTogetherAreNamed) {
  const auto error = [](PeerTlsOptions options) {
    const absl::Status status = CheckPeerTlsOptions(options);
    EXPECT_TRUE(absl::IsInvalidArgument(status));
    return std::string(status.message());
  };
  EXPECT_TRUE(CheckPeerTlsOptions({}).ok());
  EXPECT_TRUE(CheckPeerTlsOptions({.ca_file = "a", .certificate_file = "c", .key_file = "k"}).ok());
  EXPECT_TRUE(CheckPeerTlsOptions({.plaintext = true}).ok());
  EXPECT_THAT(error({.ca_file = "a", .certificate_file = "c"}), HasSubstr("tls.key"));
  EXPECT_THAT(error({.ca_file = "a", .key_file = "k"}), HasSubstr("tls.certificate"));
  EXPECT_THAT(error({.certificate_file = "c", .key_file = "k"}), HasSubstr("needs tls.ca"));
  EXPECT_THAT(error({.ca_file = "a"}), HasSubstr("leave it out"));
  EXPECT_THAT(error({.plaintext = true, .ca_file = "a", .certificate_file = "c", .key_file = "k"}),
              HasSubstr("exclude each other"));
}

class PeerTlsTest : public HubTlsFixture {};

TEST_F(PeerTlsTest, GoesInClearOnlyWhereNobodyElseListens) {
  const auto make = [&](bool plaintext, const char* address) {
    return MakePeerSecurity({.plaintext = plaintext}, Web1(), *ParseAddress(address), &random_);
  };
  EXPECT_TRUE((*make(true, "127.0.0.1:1"))->in_clear());
  EXPECT_TRUE((*make(false, "unix:/run/hub.sock"))->in_clear());
  EXPECT_FALSE((*make(false, "127.0.0.1:1"))->in_clear());
  EXPECT_THAT(std::string(make(true, "10.0.0.1:1").status().message()), HasSubstr("plaintext is refused"));
  EXPECT_TRUE((*make(true, "localhost"))->BeginTls().status().code() == absl::StatusCode::kInternal);
}

TEST_F(PeerTlsTest, FilesThatCannotBeUsedAreNamed) {
  const TestIdentity web1 = ca_.Issue("web1");
  const auto error = [&](const PeerTlsOptions& options) {
    return std::string(MakePeerSecurity(options, Web1(), *ParseAddress("hub:1"), &random_).status().message());
  };
  EXPECT_THAT(error({.ca_file = "/no/ca.pem", .certificate_file = web1.certificate_file, .key_file = web1.key_file}),
              HasSubstr("/no/ca.pem"));
  EXPECT_THAT(error({.ca_file = ca_.certificate_file(),
                     .certificate_file = web1.certificate_file,
                     .key_file = ca_.Issue("other").key_file}),
              HasSubstr("does not belong"));
}

TEST_F(PeerTlsTest, APeerThatExpectsAnAddressTakesACertificateForIt) {
  HubTls::Options options = Options(MtlsMode::kOptional);
  const TestIdentity by_address = ca_.Issue("hub", {.address = "127.0.0.1"});
  options.certificate_file = by_address.certificate_file;
  options.key_file = by_address.key_file;
  const auto hub = Hub(options);
  const TestIdentity web1 = ca_.Issue("web1");
  const PeerTlsOptions peer = {
      .ca_file = ca_.certificate_file(), .certificate_file = web1.certificate_file, .key_file = web1.key_file};
  for (const auto& [address, good] :
       {std::pair{"127.0.0.1:1", true}, {"127.0.0.2:1", false}, {"other.example.com:1", false}}) {
    const auto security = *MakePeerSecurity(peer, Web1(), *ParseAddress(address), &random_);
    EXPECT_EQ(ShakeHands(*hub, security.get()).proven, good) << address;
  }
}

}  // namespace
}  // namespace orch::auth

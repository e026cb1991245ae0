// Client certificates on top of the pre-shared key, with a certificate authority of one's own.
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/test_ca.h"

namespace orch::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class MtlsTest : public testing::Test {
 protected:
  std::unique_ptr<TestHub> Hub(MtlsMode mode) {
    return std::make_unique<TestHub>(
        folder_, absl::StrCat("psk k1 ", HexKey('a'), "\n"), &clock_,
        TestHub::Options{.mtls = mode, .client_ca_file = mode == MtlsMode::kOff ? "" : ca_.certificate_file()});
  }
  TestPeer Peer(const TestHub& hub, const std::string& name, const TestIdentity& identity) {
    ChannelTlsOptions tls;
    tls.certificate_file = identity.certificate_file;
    tls.key_file = identity.key_file;
    const std::string psk(kKeyBytes, static_cast<char>(0xaa));
    return TestPeer(hub.address(), PeerKind::kClient, name, {"k1", DeriveKey(psk, PeerKind::kClient, name)}, &clock_,
                    tls);
  }

  TempFolder folder_;
  ManualClock clock_;
  TestCa ca_{&folder_, "ca"};
};

TEST_F(MtlsTest, OffTakesThePreSharedKeyAlone) {
  const auto hub = Hub(MtlsMode::kOff);
  EXPECT_TRUE(Peer(*hub, "deploy.example.com", {}).Hello().ok());
  EXPECT_EQ(hub->last_caller_id(), "client=deploy.example.com");
  // A certificate that nobody asked for is not looked at, whatever it says.
  EXPECT_TRUE(Peer(*hub, "deploy.example.com", ca_.Issue("other.example.com")).Hello().ok());
  EXPECT_EQ(hub->last_caller_id(), "client=deploy.example.com");
}

TEST_F(MtlsTest, OptionalNamesTheCallerByItsCertificate) {
  const auto hub = Hub(MtlsMode::kOptional);
  EXPECT_TRUE(Peer(*hub, "deploy.example.com", ca_.Issue("deploy.example.com")).Hello().ok());
  EXPECT_EQ(hub->last_caller_id(), "cert=deploy.example.com");
  EXPECT_TRUE(Peer(*hub, "deploy.example.com", {}).Hello().ok());
  EXPECT_EQ(hub->last_caller_id(), "client=deploy.example.com");
}

TEST_F(MtlsTest, RefusesACertificateOfAnotherName) {
  for (const MtlsMode mode : {MtlsMode::kOptional, MtlsMode::kRequired}) {
    const auto hub = Hub(mode);
    const absl::Status hello = Peer(*hub, "deploy.example.com", ca_.Issue("web1.example.com")).Hello();
    EXPECT_EQ(hello.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_THAT(std::string(hello.message()),
                AllOf(HasSubstr("identity_mismatch"), HasSubstr("its certificate is for 'web1.example.com'")));
    EXPECT_EQ(hub->refused(Refusal::kIdentityMismatch), 1u);
    EXPECT_EQ(hub->last_caller_id(), "");
  }
}

TEST_F(MtlsTest, RequiredSaysThatACertificateIsMissing) {
  const auto hub = Hub(MtlsMode::kRequired);
  const absl::Status hello = Peer(*hub, "deploy.example.com", {}).Hello();
  EXPECT_EQ(hello.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(hello.message()), AllOf(HasSubstr("requires a client certificate"), HasSubstr("key files")));
  EXPECT_EQ(hub->refused(Refusal::kNoCertificate), 1u);
  EXPECT_TRUE(Peer(*hub, "deploy.example.com", ca_.Issue("deploy.example.com")).Hello().ok());
  EXPECT_EQ(hub->last_caller_id(), "cert=deploy.example.com");
}

TEST_F(MtlsTest, TakesTheDnsNameOfACertificateWithoutACommonName) {
  const auto hub = Hub(MtlsMode::kRequired);
  const absl::Status hello = Peer(*hub, "deploy.example.com", ca_.Issue("", "deploy.example.com")).Hello();
  EXPECT_TRUE(hello.ok()) << hello;
  EXPECT_EQ(hub->last_caller_id(), "cert=deploy.example.com");
}

TEST_F(MtlsTest, ACertificateDoesNotReplaceTheKey) {
  const auto hub = Hub(MtlsMode::kRequired);
  const TestIdentity identity = ca_.Issue("deploy.example.com");
  ChannelTlsOptions tls;
  tls.certificate_file = identity.certificate_file;
  tls.key_file = identity.key_file;
  TestPeer peer(hub->address(), PeerKind::kClient, "deploy.example.com", {"k1", std::string(kKeyBytes, 'x')}, &clock_,
                tls);
  EXPECT_EQ(peer.Hello().code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(hub->refused(Refusal::kWrongKey), 1u);
}

TEST_F(MtlsTest, ACertificateOfAnotherAuthorityEndsTheHandshake) {
  TestCa foreign(&folder_, "foreign-ca");
  for (const MtlsMode mode : {MtlsMode::kOptional, MtlsMode::kRequired}) {
    const auto hub = Hub(mode);
    const absl::Status hello = Peer(*hub, "deploy.example.com", foreign.Issue("deploy.example.com")).Hello();
    EXPECT_EQ(hello.code(), absl::StatusCode::kUnavailable) << hello;
    EXPECT_EQ(hub->last_caller_id(), "");
  }
}

}  // namespace
}  // namespace orch::auth

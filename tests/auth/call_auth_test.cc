// Calls over real connections: who is let in, who is not, and what a peer in between can do.
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/tls_fixture.h"

namespace orch::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

Key ClientKey(const std::string& id, char letter, const std::string& name) {
  std::string psk(kKeyBytes, static_cast<char>((letter - 'a' + 10) * 0x11));
  return {id, DeriveKey(psk, PeerKind::kClient, name)};
}
Key NodeKey(const std::string& id, char letter, const std::string& name) {
  std::string psk(kKeyBytes, static_cast<char>((letter - 'a' + 10) * 0x11));
  return {id, DeriveKey(psk, PeerKind::kNode, name)};
}

class CallAuthTest : public testing::Test {
 protected:
  TestHub& StartHub(TestHub::Options options = {}) {
    hub_ = std::make_unique<TestHub>(folder_, absl::StrCat("psk k1 ", HexKey('a'), "\npsk k0 ", HexKey('b'), "\n"),
                                     &clock_, options);
    return *hub_;
  }
  TestPeer Client(const std::string& address, const Key& key) {
    return TestPeer(address, PeerKind::kClient, "peadmin", key, &clock_);
  }

  TempFolder folder_;
  ManualClock clock_;
  std::unique_ptr<TestHub> hub_;
};

TEST_F(CallAuthTest, AcceptsAClientWithTheRightKeyAndProvesItself) {
  TestHub& hub = StartHub();
  TestPeer client = Client(hub.address(), ClientKey("k1", 'a', "peadmin"));
  const absl::Status hello = client.Hello();
  ASSERT_TRUE(hello.ok()) << hello;
  EXPECT_EQ(hub.last_caller_id(), "client=peadmin");
  const grpc::Status status = client.GetHubStatus();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(hub.requests_seen(), 1);
  EXPECT_EQ(hub.all_refused(), 0u);
}

TEST_F(CallAuthTest, AcceptsEveryKeyOfTheRingNotOnlyTheFirst) {
  TestHub& hub = StartHub();
  EXPECT_TRUE(Client(hub.address(), ClientKey("k0", 'b', "peadmin")).Hello().ok());
}

TEST_F(CallAuthTest, LetsANodeRegisterOnceItHasCheckedTheProof) {
  TestHub& hub = StartHub();
  TestPeer node(hub.address(), PeerKind::kNode, "web1", NodeKey("k1", 'a', "web1"), &clock_);
  const absl::Status attached = node.Attach();
  EXPECT_TRUE(attached.ok()) << attached;
  EXPECT_EQ(hub.node_messages_seen(), 1);
}

TEST_F(CallAuthTest, WorksInPlaintextOnLoopback) {
  TestHub& hub = StartHub({.plaintext = true});
  TestPeer client(hub.address(), PeerKind::kClient, "peadmin", ClientKey("k1", 'a', "peadmin"), &clock_,
                  {.plaintext = true});
  const absl::Status hello = client.Hello();
  ASSERT_TRUE(hello.ok()) << hello;
  const grpc::Status status = client.GetHubStatus();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(CallAuthTest, SendsNoRequestBeforeTheProof) {
  TestHub& hub = StartHub();
  TestPeer client = Client(hub.address(), ClientKey("k1", 'a', "peadmin"));
  const grpc::Status status = client.GetHubStatus();
  EXPECT_THAT(status.error_message(), HasSubstr("has not yet proved that it holds the key; nothing was sent"));
  EXPECT_EQ(hub.requests_seen(), 0);
  EXPECT_EQ(hub.all_refused(), 0u) << "the call must not even have arrived";
}

TEST_F(CallAuthTest, SendsNoRequestBeforeTheProofInPlaintextEither) {
  TestHub& hub = StartHub({.plaintext = true});
  TestPeer client(hub.address(), PeerKind::kClient, "peadmin", ClientKey("k1", 'a', "peadmin"), &clock_,
                  {.plaintext = true});
  EXPECT_THAT(client.GetHubStatus().error_message(), HasSubstr("nothing was sent"));
  EXPECT_EQ(hub.all_refused(), 0u);
}

TEST_F(CallAuthTest, RefusesAWrongKeyAndSaysWhatToCompare) {
  TestHub& hub = StartHub();
  const absl::Status hello = Client(hub.address(), ClientKey("k1", 'c', "peadmin")).Hello();
  EXPECT_EQ(hello.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(hello.message(), AllOf(HasSubstr("the pre-shared key of 'peadmin' (key id k1) is not the hub's"),
                                     HasSubstr("compare /etc/orch/credentials on both")));
  EXPECT_EQ(hub.refused(Refusal::kWrongKey), 1u);
}

TEST_F(CallAuthTest, RefusesAnUnknownKeyIdWithoutListingItsOwn) {
  TestHub& hub = StartHub();
  const absl::Status hello = Client(hub.address(), ClientKey("k9", 'a', "peadmin")).Hello();
  EXPECT_EQ(hello.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(hello.message(), AllOf(HasSubstr("(key id k9)"), Not(HasSubstr("k1")), Not(HasSubstr("k0"))));
  EXPECT_EQ(hub.refused(Refusal::kUnknownKey), 1u);
}

TEST_F(CallAuthTest, RefusesAKeyDerivedForAnotherName) {
  TestHub& hub = StartHub();
  const absl::Status hello = Client(hub.address(), ClientKey("k1", 'a', "operator")).Hello();
  EXPECT_EQ(hello.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(hub.refused(Refusal::kWrongKey), 1u);
}

TEST_F(CallAuthTest, RefusesANodeAtTheClientsDoor) {
  TestHub& hub = StartHub();
  TestPeer node(hub.address(), PeerKind::kNode, "web1", NodeKey("k1", 'a', "web1"), &clock_);
  const absl::Status hello = node.Hello();
  EXPECT_EQ(hello.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(hello.message(), HasSubstr("wrong_door"));
  EXPECT_EQ(hub.refused(Refusal::kWrongDoor), 1u);
}

TEST_F(CallAuthTest, RefusesAClientAtTheNodesDoor) {
  TestHub& hub = StartHub();
  const absl::Status attached = Client(hub.address(), ClientKey("k1", 'a', "peadmin")).Attach();
  EXPECT_EQ(attached.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(hub.refused(Refusal::kWrongDoor), 1u);
  EXPECT_EQ(hub.node_messages_seen(), 0);
}

TEST_F(CallAuthTest, RefusesACallWithoutACredential) {
  TestHub& hub = StartHub();
  const grpc::Status status = CallWithHeader(hub.address(), kStatusMethod, "");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(status.error_message(), HasSubstr("orch-credential"));
  EXPECT_EQ(hub.refused(Refusal::kMalformed), 1u);
}

TEST_F(CallAuthTest, RefusesARecordedCredentialTheSecondTime) {
  TestHub& hub = StartHub();
  const Key key = ClientKey("k1", 'a', "peadmin");
  CallCredential recorded{PeerKind::kClient,
                          "peadmin",
                          key.id,
                          absl::ToUnixMicros(clock_.Now()),
                          std::string(32, '7'),
                          *CertificateBinding(*ReadFile(hub.certificate_file(), 1u << 16)),
                          ""};
  recorded.mac_hex = CredentialMacHex(key.bytes, recorded, kStatusMethod);
  EXPECT_TRUE(CallWithHeader(hub.address(), kStatusMethod, FormatCredential(recorded)).ok());
  const grpc::Status again = CallWithHeader(hub.address(), kStatusMethod, FormatCredential(recorded));
  EXPECT_EQ(again.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_THAT(again.error_message(), HasSubstr("a second time"));
  EXPECT_EQ(hub.refused(Refusal::kReplay), 1u);
  EXPECT_EQ(hub.requests_seen(), 1);
  // For another method the MAC does not even fit.
  EXPECT_THAT(CallWithHeader(hub.address(), kHelloMethod, FormatCredential(recorded)).error_message(),
              HasSubstr("wrong_key"));
}

TEST_F(CallAuthTest, RefusesAClockThatIsBehindOrAheadAndSaysByHowMuch) {
  TestHub& hub = StartHub();
  ManualClock behind(clock_.Now() - absl::Seconds(95));
  ManualClock ahead(clock_.Now() + absl::Seconds(3600));
  ManualClock close(clock_.Now() - absl::Seconds(59));
  const Key key = ClientKey("k1", 'a', "peadmin");
  EXPECT_THAT(std::string(TestPeer(hub.address(), PeerKind::kClient, "peadmin", key, &behind).Hello().message()),
              AllOf(HasSubstr("95 s behind"), HasSubstr("60 s are accepted"), HasSubstr("NTP")));
  EXPECT_THAT(std::string(TestPeer(hub.address(), PeerKind::kClient, "peadmin", key, &ahead).Hello().message()),
              HasSubstr("3600 s ahead"));
  EXPECT_EQ(hub.refused(Refusal::kStaleClock), 2u);
  EXPECT_TRUE(TestPeer(hub.address(), PeerKind::kClient, "peadmin", key, &close).Hello().ok());
}

TEST_F(CallAuthTest, HubRefusesACredentialThatAProxyPassesOn) {
  TestHub& hub = StartHub();
  InterceptingProxy proxy(folder_, hub.address());
  const absl::Status hello = Client(proxy.address(), ClientKey("k1", 'a', "peadmin")).Hello();
  EXPECT_EQ(hello.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(hello.message()), AllOf(HasSubstr("foreign_certificate"), HasSubstr("connect straight")));
  EXPECT_EQ(hub.refused(Refusal::kForeignCertificate), 1u);
  EXPECT_EQ(hub.last_caller_id(), "");
}

TEST_F(CallAuthTest, ClientSendsNothingToAHubThatCannotProveTheKey) {
  // A host with a TLS certificate and a key of its own invention that answers every Hello.
  TestHub fake(folder_, absl::StrCat("psk k1 ", HexKey('d'), "\n"), &clock_, {.certificate_name = "fake"});
  class Answering final : public v1::Orchestrator::Service {
   public:
    grpc::Status Hello(grpc::ServerContext*, const v1::HelloRequest*, v1::HelloResponse* response) override {
      response->set_proof(HubProofHex(std::string(32, 'x'), std::string(32, '0'), std::string(64, '0')));
      return grpc::Status::OK;
    }
    grpc::Status GetHubStatus(grpc::ServerContext*, const v1::GetHubStatusRequest*,
                              v1::GetHubStatusResponse*) override {
      ++requests;
      return grpc::Status::OK;
    }
    std::atomic<int> requests = 0;
  } service;
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0",
                           LoadServerTls({fake.certificate_file(), folder_.Path("fake.key")}, absl::Now())->credentials,
                           &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();

  TestPeer client = Client(absl::StrCat("127.0.0.1:", port), ClientKey("k1", 'a', "peadmin"));
  const absl::Status hello = client.Hello();
  EXPECT_EQ(hello.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(std::string(hello.message()), AllOf(HasSubstr("did not prove"), HasSubstr("sits in between")));
  EXPECT_THAT(client.GetHubStatus().error_message(), HasSubstr("nothing was sent"));
  EXPECT_EQ(service.requests, 0);
  server->Shutdown(std::chrono::system_clock::now());
}

TEST_F(CallAuthTest, AfterAProofACallOverAnotherCertificateIsNotSent) {
  TestHub& hub = StartHub();
  const Key key = ClientKey("k1", 'a', "peadmin");
  TestPeer client = Client(hub.address(), key);
  ASSERT_TRUE(client.Hello().ok());
  ASSERT_TRUE(client.GetHubStatus().ok());
  const int port = hub.port();
  hub_.reset();
  // The very same keys, so that only the certificate tells the two apart.
  TestHub& other = StartHub({.certificate_name = "other", .port = port});
  ASSERT_EQ(other.port(), port);
  const grpc::Status status = client.GetHubStatus(/*wait=*/true);
  EXPECT_THAT(status.error_message(), AllOf(HasSubstr("another TLS certificate"), HasSubstr("nothing was sent")));
  EXPECT_EQ(other.requests_seen(), 0);
  EXPECT_EQ(other.all_refused(), 0u);
  // A hub with a new certificate proves itself anew, and then calls go on.
  ASSERT_TRUE(client.Hello().ok());
  EXPECT_TRUE(client.GetHubStatus().ok());
}

}  // namespace
}  // namespace orch::auth

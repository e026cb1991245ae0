#include "auth/hub_tls.h"

#include <filesystem>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/auth/hub_tls_fixture.h"

namespace orch::auth {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class HubTlsTest : public HubTlsFixture {
 protected:
  // A handshake that is refused for `refusal`; what the peer's operator reads.
  std::string Refused(const Shaken& shaken, Refusal refusal) {
    EXPECT_FALSE(shaken.proven);
    EXPECT_EQ(RefusalName(shaken.rejection.refusal), RefusalName(refusal)) << shaken.rejection.detail;
    EXPECT_FALSE(shaken.peer_side.ok());
    return std::string(shaken.peer_side.message());
  }
  // One whose certificate holds: TLS has come about, and the door tells the peer why it is turned away.
  static void TurnedAway(const Shaken& shaken, Refusal refusal) {
    EXPECT_FALSE(shaken.proven);
    EXPECT_EQ(RefusalName(shaken.rejection.refusal), RefusalName(refusal)) << shaken.rejection.detail;
    EXPECT_TRUE(shaken.peer_side.ok()) << shaken.peer_side;
  }
};

TEST_F(HubTlsTest, ANodeWithItsKeyIsLetInAsThatNodeOnly) {
  const auto hub = Hub(Options(MtlsMode::kOff));
  const Shaken shaken = ByKey(*hub, Web1());
  ASSERT_TRUE(shaken.proven) << shaken.rejection.detail;
  EXPECT_TRUE(shaken.peer_side.ok()) << shaken.peer_side;
  EXPECT_EQ(shaken.peer.CallerId(), "node=web1");
  EXPECT_TRUE(shaken.peer.Is(PeerKind::kNode));
  EXPECT_FALSE(shaken.peer.Is(PeerKind::kClient));
  EXPECT_EQ(shaken.peer.proof, Proof::kKey);
  EXPECT_EQ(shaken.peer.key_id, "n1");
  EXPECT_TRUE(hub->CheckStanding(shaken.peer).ok());
}

TEST_F(HubTlsTest, AClientWithItsKeyIsLetInAsAClientOnly) {
  const auto hub = Hub(Options(MtlsMode::kOff));
  const Shaken shaken = ByKey(*hub, Deploy());
  ASSERT_TRUE(shaken.proven) << shaken.rejection.detail;
  EXPECT_EQ(shaken.peer.CallerId(), "client=deploy");
  EXPECT_FALSE(shaken.peer.Is(PeerKind::kNode));
}

TEST_F(HubTlsTest, WhoHoldsAWholePskIsNamedForIt) {
  const auto hub = Hub(Options(MtlsMode::kOff));
  PeerCredential who = Deploy();
  who.key.from_psk = true;
  const Shaken shaken = ByKey(*hub, who);
  ASSERT_TRUE(shaken.proven);
  EXPECT_EQ(shaken.peer.proof, Proof::kPsk);
}

TEST_F(HubTlsTest, AnUnknownKeyIdIsRefusedBeforeAHandshakeIsMade) {
  const auto hub = Hub(Options(MtlsMode::kOff));
  const Shaken shaken = ByKey(*hub, Who(PeerKind::kNode, "web1", "n9", 'a'));
  EXPECT_THAT(Refused(shaken, Refusal::kUnknownKey),
              AllOf(HasSubstr("unknown_key"), HasSubstr("orch-hub key node web1")));
  EXPECT_EQ(shaken.alert_at_peer, SSL_AD_UNKNOWN_PSK_IDENTITY);
  EXPECT_EQ(shaken.rejection.name, "web1");
}

TEST_F(HubTlsTest, AWrongKeyDoesNotFit) {
  const auto hub = Hub(Options(MtlsMode::kOff));
  const Shaken shaken = ByKey(*hub, Who(PeerKind::kNode, "web1", "n1", 'x'));
  EXPECT_THAT(Refused(shaken, Refusal::kWrongKey), AllOf(HasSubstr("wrong_key"), HasSubstr("'web1'")));
  EXPECT_EQ(shaken.rejection.name, "web1");
  EXPECT_EQ(shaken.sent_before, "") << "nothing is sent to a hub that has not proved itself";
}

// What one node holds is no key of another, and no client's.
TEST_F(HubTlsTest, AKeyFitsItsOwnNameAndKindOnly) {
  const auto hub = Hub(Options(MtlsMode::kOff));
  PeerCredential other = Web1();
  other.name = "web2";
  Refused(ByKey(*hub, other), Refusal::kWrongKey);
  PeerCredential client = Web1();
  client.kind = PeerKind::kClient;
  Refused(ByKey(*hub, client), Refusal::kUnknownKey);
  client.key.key.id = "c1";
  Refused(ByKey(*hub, client), Refusal::kWrongKey);
  PeerCredential signing = Web1();
  signing.key.key.bytes = TlsKey(signing.key.key.bytes);
  Refused(ByKey(*hub, signing), Refusal::kWrongKey);
}

TEST_F(HubTlsTest, WhoIsBannedReadsIt) {
  const auto hub = Hub(Options(MtlsMode::kOff));
  Credentials("banned node web1\n");
  const Shaken shaken = ByKey(*hub, Web1());
  EXPECT_THAT(Refused(shaken, Refusal::kBanned), HasSubstr("banned"));
  EXPECT_EQ(shaken.alert_at_peer, SSL_AD_ACCESS_DENIED);
  EXPECT_TRUE(ByKey(*hub, Who(PeerKind::kClient, "web1", "c1", 'b')).proven) << "the client of that name is not";
}

TEST_F(HubTlsTest, WithMtlsOffACertificateIsNoProof) {
  const auto hub = Hub(Options(MtlsMode::kOff));
  Refused(ByCertificate(*hub, ca_.Issue("web1")), Refusal::kNoKey);
}

TEST_F(HubTlsTest, WithMtlsOptionalEitherProofDoes) {
  const auto hub = Hub(Options(MtlsMode::kOptional));
  EXPECT_TRUE(ByKey(*hub, Web1()).proven);
  EXPECT_TRUE(ByKey(*hub, Deploy()).proven);
  const Shaken shaken = ByCertificate(*hub, ca_.Issue("web1"));
  ASSERT_TRUE(shaken.proven) << shaken.rejection.detail;
  EXPECT_TRUE(shaken.peer_side.ok()) << shaken.peer_side;
  EXPECT_EQ(shaken.peer.proof, Proof::kCertificate);
}

TEST_F(HubTlsTest, WithMtlsRequiredAKeyIsNotEnough) {
  const auto hub = Hub(Options(MtlsMode::kRequired));
  const Shaken shaken = ByKey(*hub, Web1());
  EXPECT_THAT(Refused(shaken, Refusal::kNoCertificate), HasSubstr("tls.certificate"));
  EXPECT_EQ(shaken.alert_at_peer, SSL_AD_CERTIFICATE_REQUIRED);
  EXPECT_TRUE(ByCertificate(*hub, ca_.Issue("web1")).proven);
}

TEST_F(HubTlsTest, ACertificateOfTheSiteIsANodesUnlessItsNameMayCommand) {
  const auto hub = Hub(Options(MtlsMode::kOptional, {"deploy"}));
  const Shaken node = ByCertificate(*hub, ca_.Issue("web1"));
  ASSERT_TRUE(node.proven);
  EXPECT_EQ(node.peer.name, "web1");
  EXPECT_TRUE(node.peer.Is(PeerKind::kNode));
  EXPECT_FALSE(node.peer.Is(PeerKind::kClient)) << "a node's secret can never command";
  const Shaken client = ByCertificate(*hub, ca_.Issue("deploy"));
  ASSERT_TRUE(client.proven);
  EXPECT_TRUE(client.peer.Is(PeerKind::kClient));
  EXPECT_EQ(client.peer.CallerId(), "cert=deploy");
}

TEST_F(HubTlsTest, ACertificateThatSaysWhatItIsForIsThatAlone) {
  const TestCa own(&folder_, "orch CA of hub.example.com");
  HubTls::Options options = Options(MtlsMode::kOptional, {"listed"});
  options.client_ca_file = own.certificate_file();
  const auto hub = Hub(options);
  const Shaken client = ByCertificate(*hub, own.Issue("deploy", {.uri = "orch:client/deploy"}));
  ASSERT_TRUE(client.proven) << client.rejection.detail;
  EXPECT_TRUE(client.peer.Is(PeerKind::kClient) && !client.peer.Is(PeerKind::kNode));
  const Shaken node = ByCertificate(*hub, own.Issue("listed", {.uri = "orch:node/listed"}));
  ASSERT_TRUE(node.proven);
  EXPECT_TRUE(node.peer.Is(PeerKind::kNode) && !node.peer.Is(PeerKind::kClient));
}

TEST_F(HubTlsTest, AnotherAuthorityCannotMakeAClientByAUri) {
  const auto hub = Hub(Options(MtlsMode::kOptional, {"listed"}));
  const Shaken shaken = ByCertificate(*hub, ca_.Issue("web1", {.uri = "orch:client/root"}));
  ASSERT_TRUE(shaken.proven) << shaken.rejection.detail;
  EXPECT_EQ(shaken.peer.name, "web1");
  EXPECT_TRUE(shaken.peer.Is(PeerKind::kNode) && !shaken.peer.Is(PeerKind::kClient));
}

TEST_F(HubTlsTest, WithoutACommonNameTheFirstDnsNameIsTheIdentity) {
  const auto hub = Hub(Options(MtlsMode::kOptional));
  EXPECT_EQ(ByCertificate(*hub, ca_.Issue("", {.dns = "web7.example.com"})).peer.name, "web7.example.com");
  TurnedAway(ByCertificate(*hub, ca_.Issue("a b")), Refusal::kIdentityMismatch);
  TurnedAway(ByCertificate(*hub, ca_.Issue("..")), Refusal::kIdentityMismatch);
  TurnedAway(ByCertificate(*hub, ca_.Issue("web@1")), Refusal::kIdentityMismatch);
}

TEST_F(HubTlsTest, CertificatesThatDoNotHoldAreRefused) {
  const auto hub = Hub(Options(MtlsMode::kOptional));
  const TestCa foreign(&folder_, "foreign");
  EXPECT_THAT(Refused(ByCertificate(*hub, foreign.Issue("web1")), Refusal::kBadCertificate),
              HasSubstr("bad_certificate"));
  EXPECT_THAT(Refused(ByCertificate(*hub, ca_.Issue("web1", {.expired = true})), Refusal::kBadCertificate),
              HasSubstr("expired"));
  Refused(ByCertificate(*hub, ca_.Issue("web1", {.usage = "serverAuth"})), Refusal::kBadCertificate);
  const TestCa same_name(&folder_, "site-2");
  Refused(ByCertificate(*hub, same_name.Issue("web1")), Refusal::kBadCertificate);
  Credentials("banned node web1\n");
  TurnedAway(ByCertificate(*hub, ca_.Issue("web1")), Refusal::kBanned);
}

TEST_F(HubTlsTest, APeerTrustsOnlyAHubOfItsCaAndName) {
  const auto hub = Hub(Options(MtlsMode::kOptional));
  const TestCa foreign(&folder_, "foreign");
  const TestIdentity web1 = ca_.Issue("web1");
  for (const Shaken& shaken :
       {ByCertificate(*hub, web1, foreign.certificate_file()), ByCertificate(*hub, web1, "", "other.example.com")}) {
    EXPECT_FALSE(shaken.proven);
    EXPECT_THAT(std::string(shaken.peer_side.message()), AllOf(HasSubstr("tls.ca"), HasSubstr("tls.server_name")));
    EXPECT_LE(shaken.sent_before.size(), 64u) << "an alert and no certificate of its own";
  }
}

// A hub, or somebody in between, that answers a peer with a certificate instead of the key.
TEST_F(HubTlsTest, APeerByKeyTakesNoCertificateForIt) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  const HubTls::Options files = Options(MtlsMode::kOff);
  ASSERT_TRUE(UseIdentity(context.get(), files.certificate_file, files.key_file, absl::InfiniteFuture()).ok());
  const auto security = *MakePeerSecurity({}, Web1(), *ParseAddress("hub.example.com:1"), &random_);
  MemorySide peer(*security->BeginTls()), impostor(SslPtr(SSL_new(context.get())));
  SSL_set_accept_state(impostor.ssl());
  peer.Go();
  impostor.Take(peer.Say());
  impostor.Go();
  peer.Take(impostor.Say());
  EXPECT_EQ(peer.Go(), MemorySide::State::kFailed);
  EXPECT_LE(peer.Say().size(), 64u) << "an alert";
  EXPECT_THAT(std::string(security->ExplainTls(peer.error()).message()),
              HasSubstr("did not prove that it holds the key"));
}

TEST_F(HubTlsTest, ARevokedCertificateIsRefusedAndCutWithoutARestart) {
  HubTls::Options options = Options(MtlsMode::kOptional);
  const TestIdentity web1 = ca_.Issue("web1"), web2 = ca_.Issue("web2");
  options.crl_file = folder_.Write("crl.pem", ca_.Revoke({}), 0644);
  const auto hub = Hub(options);
  const Shaken before = ByCertificate(*hub, web1);
  ASSERT_TRUE(before.proven) << before.rejection.detail;
  bool changed = true;
  ASSERT_TRUE(hub->ReloadIfChanged(&changed).ok());
  EXPECT_FALSE(changed);

  folder_.Write("crl.pem", ca_.Revoke({web1}), 0644);
  ASSERT_TRUE(hub->ReloadIfChanged(&changed).ok());
  EXPECT_TRUE(changed);
  EXPECT_THAT(Refused(ByCertificate(*hub, web1), Refusal::kBadCertificate), HasSubstr("revoked"));
  EXPECT_TRUE(ByCertificate(*hub, web2).proven);
  EXPECT_THAT(std::string(hub->CheckStanding(before.peer).message()), HasSubstr("revoked"));

  folder_.Write("crl.pem", "broken", 0644);
  EXPECT_THAT(std::string(hub->ReloadIfChanged(&changed).message()), HasSubstr("crl.pem"));
  EXPECT_FALSE(changed);
  Refused(ByCertificate(*hub, web1), Refusal::kBadCertificate);
}

TEST_F(HubTlsTest, WhenTheCaIsReplacedItsPeersMustGo) {
  HubTls::Options options = Options(MtlsMode::kOptional);
  const TestCa other(&folder_, "other");
  options.client_ca_file = folder_.Write("clients.pem", *ReadFile(ca_.certificate_file(), 1u << 20), 0644);
  const auto hub = Hub(options);
  const TestIdentity web1 = ca_.Issue("web1");
  const Shaken before = ByCertificate(*hub, web1);
  ASSERT_TRUE(before.proven);
  EXPECT_TRUE(hub->CheckStanding(before.peer).ok());
  folder_.Write("clients.pem", *ReadFile(other.certificate_file(), 1u << 20), 0644);
  bool changed = false;
  ASSERT_TRUE(hub->ReloadIfChanged(&changed).ok());
  EXPECT_TRUE(changed);
  EXPECT_FALSE(hub->CheckStanding(before.peer).ok());
  EXPECT_FALSE(ByCertificate(*hub, web1).proven);
  EXPECT_TRUE(ByCertificate(*hub, other.Issue("web1")).proven);
}

TEST_F(HubTlsTest, AKeyThatIsTakenAwayOrReplacedNoLongerStands) {
  const auto hub = Hub(Options(MtlsMode::kOff));
  Credentials(absl::StrCat("psk both ", HexKey('d'), "\n"));
  const Shaken both = ByKey(*hub, Who(PeerKind::kNode, "web1", "both", 'd'));
  const Shaken own = ByKey(*hub, Web1());
  ASSERT_TRUE(both.proven && own.proven);
  Credentials(absl::StrCat("psk both ", HexKey('e'), "\n"));
  EXPECT_THAT(std::string(hub->CheckStanding(both.peer).message()), HasSubstr("no longer"));
  EXPECT_TRUE(hub->CheckStanding(own.peer).ok());
  Credentials(absl::StrCat("psk both ", HexKey('d'), "\n"));
  EXPECT_TRUE(hub->CheckStanding(both.peer).ok());
  Credentials("banned node web1\n");
  EXPECT_TRUE(absl::IsUnauthenticated(hub->CheckStanding(both.peer)) ||
              absl::IsPermissionDenied(hub->CheckStanding(both.peer)));
  EXPECT_TRUE(absl::IsPermissionDenied(hub->CheckStanding(own.peer)));
}

TEST_F(HubTlsTest, WhatChangesWhileTheyShakeHandsCounts) {
  const auto hub = Hub(Options(MtlsMode::kOff));
  TurnedAway(Shake(*hub, {}, Web1(), [this] { Credentials("banned node web1\n"); }), Refusal::kBanned);
  TurnedAway(Shake(*hub, {}, Deploy(),
                   [this] {
                     folder_.Write("credentials",
                                   absl::StrCat("node-psk n1 ", HexKey('a'), "\nclient-psk c1 ", HexKey('c'), "\n"));
                     bool changed = false;
                     ASSERT_TRUE(keyring_->ReloadIfChanged(&changed).ok());
                   }),
             Refusal::kUnknownKey);
}

TEST_F(HubTlsTest, ABanCutsByKindAlsoWhoCameByCertificate) {
  const TestCa own(&folder_, "orch CA of hub.example.com");
  HubTls::Options options = Options(MtlsMode::kOptional);
  const auto text_of = [](const TestCa& ca) { return *ReadFile(ca.certificate_file(), 1 << 20); };
  options.client_ca_file = folder_.Write("both.pem", absl::StrCat(text_of(own), text_of(ca_)));
  const auto hub = Hub(options);
  const Shaken client = ByCertificate(*hub, own.Issue("deploy", {.uri = "orch:client/deploy"}));
  const Shaken node = ByCertificate(*hub, ca_.Issue("web1"));
  ASSERT_TRUE(client.proven && node.proven);
  Credentials("banned node deploy\nbanned client web1\n");
  EXPECT_TRUE(hub->CheckStanding(client.peer).ok());
  EXPECT_TRUE(hub->CheckStanding(node.peer).ok());
  Credentials("banned client deploy\nbanned node web1\n");
  EXPECT_TRUE(absl::IsPermissionDenied(hub->CheckStanding(client.peer)));
  EXPECT_TRUE(absl::IsPermissionDenied(hub->CheckStanding(node.peer)));
}

TEST_F(HubTlsTest, ALocalUserStandsWhateverTheFilesSay) {
  const auto hub = Hub(Options(MtlsMode::kOff));
  Peer user;
  user.name = "root";
  user.client = true;
  user.proof = Proof::kUser;
  EXPECT_TRUE(hub->CheckStanding(user).ok());
}

TEST_F(HubTlsTest, FilesThatCannotBeUsedAreNamed) {
  const HubTls::Options good = Options(MtlsMode::kOptional);
  const auto error = [&](auto change) {
    HubTls::Options options = good;
    change(&options);
    const absl::Status status = HubTls::Load(options, keyring_.get(), &clock_).status();
    EXPECT_FALSE(status.ok());
    return std::string(status.message());
  };
  EXPECT_THAT(error([&](auto* o) { o->certificate_file = folder_.Path("no.pem"); }), HasSubstr("no.pem"));
  EXPECT_THAT(error([&](auto* o) { o->client_ca_file = o->key_file; }), HasSubstr("client CA"));
  EXPECT_THAT(error([&](auto* o) { o->crl_file = o->client_ca_file; }), HasSubstr("revocation list"));
  EXPECT_THAT(error([&](auto* o) { o->key_file = ca_.Issue("other").key_file; }), HasSubstr("does not belong"));
  const TestIdentity old = ca_.Issue("hub", {.expired = true});
  EXPECT_THAT(error([&](auto* o) {
                o->certificate_file = old.certificate_file;
                o->key_file = old.key_file;
              }),
              HasSubstr("has expired"));
  EXPECT_THAT(error([&](auto* o) {
                std::filesystem::permissions(good.key_file, std::filesystem::perms(0644));
                o->key_file = good.key_file;
              }),
              HasSubstr("chmod 0600"));
}

TEST_F(HubTlsTest, NoFileIsReadWhereCertificatesDoNotCount) {
  EXPECT_TRUE(HubTls::Load({MtlsMode::kOff, "/no", "/no", "/no", "/no", {}}, keyring_.get(), &clock_).ok());
}

// Changed bytes of either side end in a refusal: nobody is let in, and nothing crashes.
TEST_F(HubTlsTest, AHandshakeOfChangedBytesProvesNothing) {
  const auto hub = Hub(Options(MtlsMode::kOptional));
  std::mt19937 random(8);
  for (int round = 0; round < 300; ++round) {
    const auto security = *MakePeerSecurity({}, Web1(), *ParseAddress("hub.example.com:1"), &random_);
    MemorySide peer(*security->BeginTls());
    peer.Go();
    std::string first = peer.Say();
    const bool early = round % 2 == 0;
    if (early) first[11 + random() % (first.size() - 11)] ^= static_cast<char>(1 << random() % 8);
    HubTls::Handshake handshake;
    MemorySide own(hub->Begin(&handshake));
    own.Take(first);
    MemorySide::State state = own.Go();
    peer.Take(own.Say());
    peer.Go();
    std::string second = peer.Say();
    if (!early && !second.empty()) second[random() % second.size()] ^= static_cast<char>(1 << random() % 8);
    own.Take(second);
    if (state == MemorySide::State::kWait) state = own.Go();
    ASSERT_NE(state, MemorySide::State::kDone) << round;
  }
}

TEST(MtlsModeTest, NamesAreReadBack) {
  for (const MtlsMode mode : {MtlsMode::kOff, MtlsMode::kOptional, MtlsMode::kRequired}) {
    EXPECT_EQ(*ParseMtlsMode(MtlsModeName(mode)), mode);
  }
  EXPECT_THAT(std::string(ParseMtlsMode("on").status().message()), HasSubstr("off, optional or required"));
}

}  // namespace
}  // namespace orch::auth

#include "absl/time/time.h"
#include "auth/token.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "tests/auth/hub_tls_fixture.h"
#include "tests/auth/keys/fake_key_source.h"

namespace orch::auth {
namespace {

using ::testing::HasSubstr;

class StoredKeysTest : public HubTlsFixture {
 protected:
  StoredKeysTest() { keyring_->SetSource(&source_); }
  std::unique_ptr<HubTls> KeysOnly(HubTls::Options options = {}) { return Hub(std::move(options)); }
  PeerCredential WithTerms(KeyTerms terms) {
    PeerCredential who = Deploy();
    who.key.key = Key("c1", DeriveKey(PskBytes('b'), PeerKind::kClient, "deploy", terms), terms);
    return who;
  }
  static PeerCredential WithOwnKey(char byte) {
    PeerCredential who = Web1();
    who.key.key = Key(OwnKeyId(PskBytes(byte)), PskBytes(byte));
    return who;
  }
  static PeerCredential WithToken(const Token& token) {
    PeerCredential who;
    who.kind = PeerKind::kToken;
    who.name = token.id;
    who.key.key = Key(kTokenKeyId, KeyOfTokenHash(TokenHash(token.secret), token.id));
    return who;
  }
  static void ExpectRefused(const Shaken& shaken, Refusal refusal, const std::string& text) {
    EXPECT_FALSE(shaken.proven);
    EXPECT_EQ(shaken.rejection.refusal, refusal) << RefusalName(shaken.rejection.refusal);
    EXPECT_THAT(std::string(shaken.peer_side.message()), HasSubstr(text));
  }
  int64_t InDays(int days) { return absl::ToUnixSeconds(clock_.Now()) + days * int64_t{86'400}; }
  FakeKeySource source_;
};

TEST_F(StoredKeysTest, AKeyWithTermsProvesItsPeerAndTheHubKnowsItsEnd) {
  const int64_t end = InDays(1);
  const Shaken shaken = ByKey(*KeysOnly(), WithTerms({1, end}));
  ASSERT_TRUE(shaken.proven);
  EXPECT_EQ(shaken.peer.key_generation, 1u);
  EXPECT_EQ(shaken.peer.key_expires_us, end * 1'000'000);
}

TEST_F(StoredKeysTest, AKeyPastItsTimeIsRefusedAndBothSidesSayWhy) {
  const Shaken shaken = ByKey(*KeysOnly(), WithTerms({0, InDays(-1)}));
  ExpectRefused(shaken, Refusal::kExpiredKey, "expired_key");
  EXPECT_THAT(shaken.rejection.detail, HasSubstr("the hub's clock says"));
}

TEST_F(StoredKeysTest, NobodyCanMoveTheEndOfHisKey) {
  PeerCredential who = WithTerms({0, InDays(-1)});
  who.key.key.terms.expires_s = InDays(1);  // the key itself is the old one
  EXPECT_EQ(ByKey(*KeysOnly(), who).rejection.refusal, Refusal::kWrongKey);
}

TEST_F(StoredKeysTest, AnOldGenerationIsRefusedAndLosesItsStanding) {
  const auto hub = KeysOnly();
  const Shaken before = ByKey(*hub, WithTerms({1, 0}));
  ASSERT_TRUE(before.proven);
  Credentials("generation client deploy 2\n");
  EXPECT_EQ(RefusalOfKey(hub->CheckStanding(before.peer)), Refusal::kReplacedKey);
  ExpectRefused(ByKey(*hub, WithTerms({1, 0})), Refusal::kReplacedKey, "replaced_key");
  EXPECT_TRUE(ByKey(*hub, WithTerms({2, 0})).proven);
}

TEST_F(StoredKeysTest, AnEnrolledNodeIsProvedByItsOwnKeyOnly) {
  source_.nodes["web1"] = WithOwnKey('c').key.key;
  const auto hub = KeysOnly();
  const Shaken own = ByKey(*hub, WithOwnKey('c'));
  ASSERT_TRUE(own.proven);
  EXPECT_TRUE(hub->CheckStanding(own.peer).ok());
  ExpectRefused(ByKey(*hub, Web1()), Refusal::kReplacedKey, "replaced_key");
  EXPECT_FALSE(ByKey(*hub, WithOwnKey('d')).proven);
  source_.nodes["web1"] = WithOwnKey('e').key.key;
  EXPECT_EQ(RefusalOfKey(hub->CheckStanding(own.peer)), Refusal::kReplacedKey);
}

TEST_F(StoredKeysTest, AKeyThatWaitsIsRefusedAndSaysWhatToDo) {
  source_.waiting.insert("web1/" + WithOwnKey('c').key.key.id);
  ExpectRefused(ByKey(*KeysOnly(), WithOwnKey('c')), Refusal::kWaiting, "orchctl node approve web1");
}

TEST_F(StoredKeysTest, ATokenProvesATokenAndNeitherNodeNorClient) {
  const Token token = NewToken(&random_);
  source_.tokens[token.id] = KeyOfTokenHash(TokenHash(token.secret), token.id);
  const Shaken shaken = ByKey(*KeysOnly(), WithToken(token));
  ASSERT_TRUE(shaken.proven);
  EXPECT_TRUE(shaken.peer.Is(PeerKind::kToken));
  EXPECT_FALSE(shaken.peer.Is(PeerKind::kNode));
  EXPECT_FALSE(shaken.peer.Is(PeerKind::kClient));
  EXPECT_EQ(shaken.peer.CallerId(), "token=" + token.id);
}

TEST_F(StoredKeysTest, AWrongOrUnknownTokenIsRefused) {
  const Token token = NewToken(&random_);
  ExpectRefused(ByKey(*KeysOnly(), WithToken(token)), Refusal::kUnknownKey, "does not know this token");
  source_.tokens[token.id] = KeyOfTokenHash(TokenHash("another"), token.id);
  ExpectRefused(ByKey(*KeysOnly(), WithToken(token)), Refusal::kWrongKey, "does not know this token");
}

TEST_F(StoredKeysTest, ABanInTheStoreCountsAsOneInTheFile) {
  const auto hub = KeysOnly();
  const Shaken shaken = ByKey(*hub, Web1());
  ASSERT_TRUE(shaken.proven);
  source_.banned.insert("node/web1");
  EXPECT_EQ(RefusalOfKey(hub->CheckStanding(shaken.peer)), Refusal::kBanned);
  ExpectRefused(ByKey(*hub, Web1()), Refusal::kBanned, "banned");
}

TEST_F(StoredKeysTest, WholePsksAreRefusedWhereTheSettingSaysSo) {
  PeerCredential node = Web1(), client = Deploy();
  node.key.from_psk = client.key.from_psk = true;
  EXPECT_TRUE(ByKey(*KeysOnly(), node).proven);
  HubTls::Options options;
  options.node_psk = PskPolicy::kRefuse;
  const auto hub = KeysOnly(options);
  ExpectRefused(ByKey(*hub, node), Refusal::kWholePsk, "whole_psk");
  EXPECT_TRUE(ByKey(*hub, client).proven);
  EXPECT_TRUE(ByKey(*hub, Web1()).proven);
}

}  // namespace
}  // namespace orch::auth

#include "services/hub/keys/key_desk.h"

#include "tests/hub/keys/key_desk_fixture.h"

namespace orch::hub {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;
using NodeKey = auth::KeySource::NodeKey;

class KeyDeskTest : public KeyDeskFixture {};

TEST_F(KeyDeskTest, ANodeEnrolsWithATokenAndItsKeyCounts) {
  v1::CreateTokenRequest request;
  request.set_name("web1");
  (*request.mutable_labels())["role"] = "web";
  const v1::CreateTokenResponse token = *Create(request);
  EXPECT_EQ(auth::ParseToken(token.secret())->id, token.token().id());
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kNone);
  const v1::EnrolResponse enrolled = *Enrol(token.token().id(), "web1", 'a');
  EXPECT_TRUE(enrolled.admitted());
  EXPECT_EQ(enrolled.key_id(), auth::OwnKeyId(std::string(32, 'a')));
  EXPECT_EQ(enrolled.hub_identity(), "hub.example.com");
  EXPECT_EQ(enrolled.labels().at("role"), "web");
  EXPECT_THAT(labels_["web1"], ElementsAre(Pair("role", "web")));
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kAdmitted);
  EXPECT_EQ(KeyOf("web1", 'b'), NodeKey::kOther);
  EXPECT_THAT(audit_.lines,
              ElementsAre("token.create changed client=admin", "node.enrol changed token=" + token.token().id()));
}

TEST_F(KeyDeskTest, ANodeIsNotAdmittedBeforeItsLabelsAreStored) {
  v1::CreateTokenRequest request;
  request.set_uses(1);
  (*request.mutable_labels())["role"] = "web";
  const std::string token = Create(request)->token().id();
  label_status_ = absl::ResourceExhaustedError("disk full");
  EXPECT_TRUE(absl::IsResourceExhausted(Enrol(token, "web1", 'a').status()));
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kNone);
  label_status_ = absl::OkStatus();
  EXPECT_TRUE(Enrol(token, "web1", 'a')->admitted()) << "the use was given back";
  EXPECT_THAT(labels_["web1"], ElementsAre(Pair("role", "web")));
}

TEST_F(KeyDeskTest, TheStoreHasTheHashOfATokenAndNotItsSecret) {
  v1::CreateTokenRequest request;
  const std::string secret = auth::ParseToken(Create(request)->secret())->secret;
  size_t records = 0;
  ASSERT_TRUE(store_
                  .Load("token",
                        [&](const std::string&, const std::string& bytes) {
                          ++records;
                          EXPECT_THAT(bytes, Not(HasSubstr(secret)));
                          EXPECT_THAT(bytes, HasSubstr(auth::TokenHash(secret)));
                        })
                  .ok());
  EXPECT_EQ(records, 1u);
}

TEST_F(KeyDeskTest, AHubThatComesBackKnowsTokensKeysAndBans) {
  const std::string token = Token("", 3);
  ASSERT_TRUE(Enrol(token, "web1", 'a').ok());
  ASSERT_TRUE(Ban("client", "alice").ok());
  known_ = {"db1"};
  ASSERT_FALSE(Enrol(token, "db1", 'd')->admitted());
  Start();
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kAdmitted);
  EXPECT_EQ(KeyOf("db1", 'd'), NodeKey::kWaiting);
  EXPECT_TRUE(view_->IsBanned(auth::PeerKind::kClient, "alice"));
  EXPECT_FALSE(view_->FindToken(token).empty());
  EXPECT_EQ(desk_->tokens().Find(token)->used(), 2u);
  EXPECT_TRUE(Enrol(token, "web2", 'b').ok());
  EXPECT_FALSE(Enrol(token, "web3", 'c').ok()) << "all three uses are taken";
}

TEST_F(KeyDeskTest, AKnownNameWaitsForApprovalAndThenReplacesTheOldKey) {
  ASSERT_TRUE(Enrol(Token(), "web1", 'a').ok());
  const v1::EnrolResponse waits = *Enrol(Token(), "web1", 'b');
  EXPECT_FALSE(waits.admitted());
  EXPECT_THAT(waits.note(), HasSubstr("orchctl node approve web1"));
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kAdmitted);
  EXPECT_EQ(KeyOf("web1", 'b'), NodeKey::kWaiting);
  changed_ = 0;
  EXPECT_THAT(Approve("web1")->approved(), ElementsAre("web1"));
  EXPECT_EQ(changed_, 1);
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kOther);
  EXPECT_EQ(KeyOf("web1", 'b'), NodeKey::kAdmitted);
  EXPECT_EQ(desk_->keys().Find("web1")->admitted->key.terms.generation, 2u);
  EXPECT_THAT(Approve("web1")->not_waiting(), ElementsAre("web1"));
}

TEST_F(KeyDeskTest, ANameThatTheHubKnowsByAnotherKeyWaitsToo) {
  known_ = {"web1"};
  EXPECT_FALSE(Enrol(Token(), "web1", 'a')->admitted());
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kWaiting);
  EXPECT_EQ(KeyOf("web1", 'b'), NodeKey::kNone) << "its derived key still counts";
  ASSERT_TRUE(Approve("web1").ok());
  EXPECT_EQ(KeyOf("web1", 'b'), NodeKey::kOther);
}

TEST_F(KeyDeskTest, AForgottenNodeMayEnrolAnew) {
  ASSERT_TRUE(Enrol(Token(), "web1", 'a').ok());
  desk_->ForgetNode("web1");
  executor_.RunUntilIdle();
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kNone);
  EXPECT_TRUE(Enrol(Token(), "web1", 'b')->admitted());
  Start();
  EXPECT_EQ(KeyOf("web1", 'b'), NodeKey::kAdmitted);
}

TEST_F(KeyDeskTest, ACertificateEnrolsItsOwnNameWithoutWaiting) {
  auth::Peer peer;
  peer.name = "web1";
  peer.node = true;
  peer.proof = auth::Proof::kCertificate;
  known_ = {"web1"};
  EXPECT_TRUE(EnrolAs(peer, "web1", 'a')->admitted());
  EXPECT_TRUE(EnrolAs(peer, "web1", 'b')->admitted());
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kOther);
  EXPECT_TRUE(absl::IsPermissionDenied(EnrolAs(peer, "web2", 'a').status()));
}

TEST_F(KeyDeskTest, BansAreCountedOnceAndEnd) {
  EXPECT_THAT(Ban("node", "web1")->changed(), ElementsAre("web1"));
  EXPECT_THAT(Ban("node", "web1")->unchanged(), ElementsAre("web1"));
  EXPECT_TRUE(view_->IsBanned(auth::PeerKind::kNode, "web1"));
  EXPECT_FALSE(view_->IsBanned(auth::PeerKind::kClient, "web1"));
  EXPECT_THAT(Ban("node", "web1", true)->changed(), ElementsAre("web1"));
  EXPECT_FALSE(view_->IsBanned(auth::PeerKind::kNode, "web1"));
  EXPECT_THAT(audit_.lines, ElementsAre("peer.ban changed client=admin", "peer.unban changed client=admin"));
  Start();
  EXPECT_THAT(desk_->bans().all(), IsEmpty());
}

TEST_F(KeyDeskTest, TokensEndByTheClockAndAreForgotten) {
  const std::string token = Token();
  clock_.Advance(TokenTable::kDefaultTtl - absl::Seconds(1));
  desk_->Tick();
  EXPECT_FALSE(view_->FindToken(token).empty());
  clock_.Advance(absl::Minutes(2));
  EXPECT_TRUE(view_->FindToken(token).empty()) << "also before the next tick";
  EXPECT_FALSE(Enrol(token, "web1", 'a').ok());
  desk_->Tick();
  executor_.RunUntilIdle();
  EXPECT_THAT(desk_->tokens().List(), IsEmpty());
  Start();
  EXPECT_THAT(desk_->tokens().List(), IsEmpty());
}

TEST_F(KeyDeskTest, AKeyThatNobodyApprovesIsDroppedInTheEnd) {
  known_ = {"web1"};
  ASSERT_TRUE(Enrol(Token(), "web1", 'a').ok());
  desk_->Tick();
  clock_.Advance(NodeKeys::kWaitingFor + absl::Seconds(1));
  desk_->Tick();
  executor_.RunUntilIdle();
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kNone);
  EXPECT_EQ(desk_->keys().waiting(), 0u);
}

TEST_F(KeyDeskTest, RevokingATokenDropsTheKeysThatWaitBecauseOfIt) {
  known_ = {"web1"};
  const std::string token = Token();
  ASSERT_TRUE(Enrol(token, "web1", 'a').ok());
  ASSERT_TRUE(Await<v1::RevokeTokenResponse>([&](auto answer) {
                desk_->RevokeToken(token, "client=admin", std::move(answer));
              }).ok());
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kNone);
  EXPECT_TRUE(view_->FindToken(token).empty());
  EXPECT_FALSE(Enrol(Token(), "web1", 'b')->admitted()) << "the name is free for another key to wait";
  EXPECT_THAT(audit_.lines, Contains("token.revoke changed client=admin"));
}

TEST_F(KeyDeskTest, WrongRequestsForTokensAreNamed) {
  const auto refused = [&](auto fill) {
    v1::CreateTokenRequest request;
    fill(&request);
    return std::string(Create(request).status().message());
  };
  EXPECT_THAT(refused([](auto* r) { r->set_pattern("web["); }), HasSubstr("regular expression"));
  EXPECT_THAT(refused([](auto* r) { r->set_pattern(std::string(2000, 'a')); }), HasSubstr("1024 bytes"));
  EXPECT_THAT(refused([](auto* r) { r->set_name("a b"); }), HasSubstr("cannot be a node's"));
  EXPECT_THAT(refused([](auto* r) {
                r->set_name("a");
                r->set_pattern("a");
              }),
              HasSubstr("leave one out"));
  EXPECT_THAT(refused([](auto* r) { r->set_ttl_us(1); }), HasSubstr("1 minute to 30 days"));
  EXPECT_THAT(refused([](auto* r) { r->set_ttl_us(-1); }), HasSubstr("1 minute to 30 days"));
  EXPECT_THAT(refused([](auto* r) { r->set_uses(100'001); }), HasSubstr("100000 uses"));
  EXPECT_THAT(refused([](auto* r) { (*r->mutable_labels())["Role"] = "x"; }), HasSubstr("label 'Role'"));
  EXPECT_THAT(desk_->tokens().List(), IsEmpty());
}

TEST_F(KeyDeskTest, ThereIsABoundForTokens) {
  for (size_t i = 0; i < TokenTable::kMaxTokens; ++i) {
    RecordChange change;
    ASSERT_TRUE(Create({}).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(Create({}).status()));
  EXPECT_THAT(desk_->tokens().List(), SizeIs(TokenTable::kMaxTokens));
}

}  // namespace
}  // namespace orch::hub

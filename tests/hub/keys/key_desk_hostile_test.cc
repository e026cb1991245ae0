// Tokens that are wrong, late, used twice at once or tried again, and a store that fails in the middle.
#include "tests/hub/keys/key_desk_fixture.h"

namespace orch::hub {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using NodeKey = auth::KeySource::NodeKey;

class KeyDeskHostileTest : public KeyDeskFixture {};

TEST_F(KeyDeskHostileTest, TwoNodesWithAOneUseTokenAtOnceAreExactlyOne) {
  const std::string token = Token();
  std::vector<absl::StatusOr<v1::EnrolResponse>> answers;
  for (const auto& [identity, secret] : std::vector<std::pair<std::string, char>>{{"web1", 'a'}, {"web2", 'b'}}) {
    desk_->Enrol(TokenPeer(token), "192.0.2.1:1", Request(identity, secret),
                 [&](absl::StatusOr<v1::EnrolResponse> answer) { answers.push_back(std::move(answer)); });
  }
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kNone) << "nothing counts before it is on the disk";
  executor_.RunUntilIdle();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].ok() + answers[1].ok(), 1);
  EXPECT_EQ(desk_->keys().admitted(), 1u);
  EXPECT_EQ(KeyOf("web2", 'b'), NodeKey::kNone);
}

TEST_F(KeyDeskHostileTest, TwoKeysForOneNameAtOnceAreExactlyOne) {
  const std::string token = Token("", 2);
  std::vector<absl::StatusOr<v1::EnrolResponse>> answers;
  for (const char secret : {'a', 'b'}) {
    desk_->Enrol(TokenPeer(token), "192.0.2.1:1", Request("web1", secret),
                 [&](absl::StatusOr<v1::EnrolResponse> answer) { answers.push_back(std::move(answer)); });
  }
  executor_.RunUntilIdle();
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].ok() + answers[1].ok(), 1);
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kAdmitted);
  EXPECT_EQ(KeyOf("web1", 'b'), NodeKey::kOther);
  EXPECT_EQ(desk_->tokens().Find(token)->used(), 1u);
}

TEST_F(KeyDeskHostileTest, ALostAnswerIsGivenAgainAlsoByTheNextHub) {
  const std::string token = Token();
  ASSERT_TRUE(Enrol(token, "web1", 'a')->admitted());
  const size_t lines = audit_.lines.size();
  Start();
  EXPECT_TRUE(Enrol(token, "web1", 'a')->admitted());
  EXPECT_EQ(desk_->tokens().Find(token)->used(), 1u);
  EXPECT_EQ(audit_.lines.size(), lines) << "nothing has happened";
  // The same token with another secret is another node.
  EXPECT_TRUE(absl::IsResourceExhausted(Enrol(token, "web2", 'a').status()));
  EXPECT_FALSE(Enrol(token, "web1", 'b').ok());
}

TEST_F(KeyDeskHostileTest, AFullDiskAdmitsNobodyAndTakesNoUse) {
  const std::string token = Token();
  store_.full = true;
  EXPECT_TRUE(absl::IsResourceExhausted(Enrol(token, "web1", 'a').status()));
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kNone);
  EXPECT_FALSE(Ban("node", "web9").ok());
  EXPECT_FALSE(view_->IsBanned(auth::PeerKind::kNode, "web9"));
  EXPECT_FALSE(Create({}).ok());
  store_.full = false;
  EXPECT_TRUE(Enrol(token, "web1", 'a')->admitted());
}

TEST_F(KeyDeskHostileTest, ATokenIsForItsNamesAlone) {
  const std::string named = Token("web1");
  EXPECT_TRUE(absl::IsPermissionDenied(Enrol(named, "web10", 'a').status()));
  const std::string pattern = Token("", 5, "web[0-9]");
  EXPECT_TRUE(absl::IsPermissionDenied(Enrol(pattern, "web10", 'a').status())) << "the whole name must match";
  EXPECT_TRUE(absl::IsPermissionDenied(Enrol(pattern, "xweb1", 'a').status()));
  EXPECT_TRUE(Enrol(pattern, "web1", 'a').ok());
  EXPECT_THAT(audit_.lines, Contains("node.enrol refused token=" + named));
  EXPECT_EQ(desk_->tokens().Find(pattern)->used(), 1u);
}

TEST_F(KeyDeskHostileTest, ABannedNameCannotEnrol) {
  ASSERT_TRUE(Ban("node", "web1").ok());
  EXPECT_TRUE(absl::IsPermissionDenied(Enrol(Token(), "web1", 'a').status()));
}

TEST_F(KeyDeskHostileTest, WrongNamesAndSecretsAreRefused) {
  const std::string token = Token("", 5);
  for (const std::string& name : {std::string(), std::string(".."), std::string("a b"), std::string(300, 'a'),
                                  std::string("a\0b", 3), std::string("-x")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Enrol(token, name, 'a').status())) << name;
  }
  v1::EnrolRequest request = Request("web1", 'a');
  for (const size_t size : {0, 31, 33, 100'000}) {
    request.set_secret(std::string(size, 'a'));
    EXPECT_TRUE(absl::IsInvalidArgument(Await<v1::EnrolResponse>([&](auto answer) {
                                          desk_->Enrol(TokenPeer(token), "x", request, std::move(answer));
                                        }).status()));
  }
  EXPECT_EQ(desk_->tokens().Find(token)->used(), 0u);
}

TEST_F(KeyDeskHostileTest, AClockThatJumpsAheadEndsTokensAndKeepsKeys) {
  const std::string token = Token("", 2);
  ASSERT_TRUE(Enrol(token, "web1", 'a').ok());
  clock_.Advance(absl::Hours(24 * 365));
  desk_->Tick();
  executor_.RunUntilIdle();
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kAdmitted);
  EXPECT_TRUE(absl::IsNotFound(Enrol(token, "web2", 'b').status()));
}

TEST_F(KeyDeskHostileTest, AnotherKeyCannotPushOutTheOneThatWaits) {
  known_ = {"web1"};
  ASSERT_FALSE(Enrol(Token(), "web1", 'a')->admitted());
  const absl::Status second = Enrol(Token(), "web1", 'b').status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second));
  EXPECT_THAT(std::string(second.message()), HasSubstr("192.0.2.1:4711"));
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kWaiting);
}

TEST_F(KeyDeskHostileTest, ThereIsRoomForSoManyNodesOnly) {
  const std::string token = Token("", 1000);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Enrol(token, "web" + std::to_string(i), 'a').ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Enrol(token, "one-more", 'a').status()));
  EXPECT_EQ(desk_->tokens().Find(token)->used(), 100u);
}

TEST_F(KeyDeskHostileTest, WithoutTheAuditLogNothingHappensWhereItIsRequired) {
  const std::string token = Token();
  audit_.status = absl::ResourceExhaustedError("audit disk full");
  audit_.is_required = true;
  EXPECT_THAT(std::string(Enrol(token, "web1", 'a').status().message()), HasSubstr("audit disk full"));
  EXPECT_FALSE(Create({}).ok());
  EXPECT_FALSE(Ban("node", "web1").ok());
  EXPECT_EQ(desk_->tokens().Find(token)->used(), 0u);
  audit_.is_required = false;
  EXPECT_TRUE(Enrol(token, "web1", 'a').ok());
}

TEST_F(KeyDeskHostileTest, ADamagedKeyAdmitsNobodyUntilTheNodeIsForgotten) {
  ASSERT_TRUE(Enrol(Token(), "web1", 'a').ok());
  store_.Apply({{{{"node-key", "web1"}, "{\"admitted\":{\"key\":\"00\"}}"}}, {}}, nullptr);
  Start();
  EXPECT_EQ(KeyOf("web1", 'a'), NodeKey::kOther);
  EXPECT_EQ(KeyOf("web1", 'z'), NodeKey::kOther) << "nor does a derived key count";
}

}  // namespace
}  // namespace orch::hub

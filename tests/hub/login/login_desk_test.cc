#include "services/hub/login/login_desk.h"

#include <memory>

#include "base/durable_file.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/job_store/memory_record_store.h"
#include "tests/auth/openid/id_token_fixture.h"
#include "tests/hub/keys/key_desk_fixture.h"
#include "tests/hub/login/fake_http.h"
#include "tests/support/temp_folder.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class LoginDeskTest : public ::testing::Test {
 protected:
  // What one asker has been told.
  struct Told {
    std::vector<v1::LoginStep> steps;
    std::optional<absl::Status> end;
  };

  TempFolder folder_;
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  FrailStore store_{&executor_};
  AuditLines audit_;
  FakeHttp http_;
  auth::TestProvider keys_;
  std::unique_ptr<auth::Keyring> keyring_;
  std::unique_ptr<KeyView> view_;
  std::unique_ptr<LoginBook> book_;
  std::unique_ptr<LoginDesk> desk_;
  LoginSettings settings_{kIssuer, "orch"};
  int changed_ = 0;

  void SetUp() override {
    const std::string path = folder_.Path("credentials");
    ASSERT_TRUE(WriteFileDurably(path, "client-psk c1 " + std::string(64, '2') + "\n", 0600).ok());
    keyring_ = *auth::Keyring::Load(path);
    http_.PutConfiguration();
    http_.PutJson("/device", FakeHttp::DeviceAnswer());
    http_.PutJson("/keys", keys_.KeySet());
    Start();
  }
  // A new hub process over the same store.
  void Start() {
    desk_.reset();
    book_.reset();
    view_ = std::make_unique<KeyView>(&clock_);
    keyring_->SetSource(view_.get());
    book_ = std::make_unique<LoginBook>(&store_, view_.get(), &clock_, settings_.issuer, [this] { ++changed_; });
    ASSERT_TRUE(book_->Load().ok());
    desk_ = std::make_unique<LoginDesk>(
        LoginDesk::Dependencies{settings_, std::make_shared<OpenIdProvider>(settings_, "", &http_, &clock_), &executor_,
                                &executor_, keyring_.get(), book_.get(), &audit_, &clock_});
  }
  std::shared_ptr<Told> Ask(const std::string& host = "10.0.0.1", uint64_t* id = nullptr) {
    auto told = std::make_shared<Told>();
    const uint64_t number =
        desk_->Begin({host + ":1", host, [told](const v1::LoginStep& step) { told->steps.push_back(step); },
                      [told](const absl::Status& status) { told->end = status; }});
    if (id != nullptr) *id = number;
    executor_.RunUntilIdle();
    return told;
  }
  void PutToken(const std::string& name, const Json& groups = Json::array()) {
    const int64_t now = absl::ToUnixSeconds(clock_.Now());
    http_.PutJson("/token", {{"id_token", keys_.Sign({{"iss", kIssuer},
                                                      {"aud", "orch"},
                                                      {"sub", name},
                                                      {"groups", groups},
                                                      {"iat", now},
                                                      {"exp", now + 300}})}});
  }
  void PutError(const char* error) { http_.PutJson("/token", {{"error", error}}, 400); }
  bool KeyHolds(const v1::LoginStep::Key& key) const {
    const auto derived =
        keyring_->DerivedKey(key.key_id(), auth::PeerKind::kOidc, key.name(), {key.generation(), key.expires_s()});
    return derived.ok() && *derived == key.key();
  }
};

TEST_F(LoginDeskTest, TheUserIsAskedAndThenHasAKeyForHours) {
  PutError("authorization_pending");
  PutToken("alice", Json::array({"ops"}));
  const auto told = Ask();
  ASSERT_EQ(told->steps.size(), 1u);
  EXPECT_EQ(told->steps[0].prompt().user_code(), "ABCD-EFGH");
  EXPECT_EQ(told->steps[0].prompt().expires_in_ms(), 600'000);
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(told->steps.size(), 1u) << "pending";
  executor_.Advance(absl::Seconds(5));
  ASSERT_EQ(told->steps.size(), 2u);
  EXPECT_EQ(*told->end, absl::OkStatus());
  const v1::LoginStep::Key& key = told->steps[1].key();
  EXPECT_EQ(key.name(), "alice");
  EXPECT_THAT(key.groups(), ElementsAre("ops"));
  EXPECT_EQ(key.expires_s(), absl::ToUnixSeconds(clock_.Now() + absl::Hours(8)));
  EXPECT_TRUE(KeyHolds(key));
  EXPECT_THAT(audit_.lines, ElementsAre("login allowed oidc=alice"));
  EXPECT_THAT(keyring_->FindLogin("alice")->groups, ElementsAre("ops"));
}

TEST_F(LoginDeskTest, ALoginOutlivesTheHubsProcessAndEndsWithItsTime) {
  PutToken("alice");
  const auto told = Ask();
  executor_.Advance(absl::Seconds(5));
  ASSERT_EQ(told->steps.size(), 2u);
  Start();
  EXPECT_TRUE(KeyHolds(told->steps[1].key()));
  executor_.Advance(absl::Hours(9));
  book_->Tick();
  EXPECT_THAT(book_->all(), SizeIs(1)) << "the clock may be wrong, and the key says itself when it ends";
  executor_.Advance(LoginBook::kKeepEnded);
  book_->Tick();
  EXPECT_THAT(book_->all(), IsEmpty());
  EXPECT_FALSE(KeyHolds(told->steps[1].key())) << "nobody of that name is logged in";
  Start();
  EXPECT_THAT(book_->all(), IsEmpty());
}

TEST_F(LoginDeskTest, AnEndedLoginIsOverForGoodAndTheNextOneHasAKeyOfItsOwn) {
  PutToken("alice");
  PutToken("alice");
  const auto stolen = Ask();
  executor_.Advance(absl::Seconds(5));
  book_->End("alice");
  EXPECT_EQ(changed_, 1);
  EXPECT_FALSE(KeyHolds(stolen->steps[1].key()));
  executor_.RunUntilIdle();
  Start();
  EXPECT_FALSE(KeyHolds(stolen->steps[1].key())) << "also in the next process";
  const auto next = Ask();
  executor_.Advance(absl::Seconds(5));
  ASSERT_EQ(next->steps.size(), 2u);
  EXPECT_TRUE(KeyHolds(next->steps[1].key()));
  EXPECT_FALSE(KeyHolds(stolen->steps[1].key()));
}

TEST_F(LoginDeskTest, LoginsByAnotherProviderDoNotCount) {
  PutToken("alice");
  const auto told = Ask();
  executor_.Advance(absl::Seconds(5));
  settings_.issuer = "https://other.example.com";
  Start();
  EXPECT_FALSE(KeyHolds(told->steps[1].key()));
  LoginBook::Login namesake;
  namesake.set_name("alice");
  namesake.set_generation(book_->GenerationOf("alice"));
  namesake.set_expires_us(absl::ToUnixMicros(clock_.Now() + absl::Hours(8)));
  std::optional<absl::Status> entered;
  book_->Enter(namesake, [&entered](const absl::Status& status) { entered = status; });
  executor_.RunUntilIdle();
  ASSERT_EQ(entered, absl::OkStatus());
  EXPECT_FALSE(KeyHolds(told->steps[1].key())) << "the other provider knows somebody of the same name";
  Start();
  EXPECT_FALSE(KeyHolds(told->steps[1].key())) << "also in the next process";
  settings_.issuer = "";
  Start();
  EXPECT_FALSE(KeyHolds(told->steps[1].key()));
}

TEST_F(LoginDeskTest, OnlyMembersOfTheDemandedGroupLogIn) {
  settings_.required_group = "staff";
  Start();
  PutToken("alice", Json::array({"guests"}));
  PutToken("alice", Json::array({"guests", "/staff"}));
  auto told = Ask();
  executor_.Advance(absl::Seconds(5));
  EXPECT_TRUE(absl::IsPermissionDenied(*told->end));
  told = Ask();
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(*told->end, absl::OkStatus());
}

TEST_F(LoginDeskTest, AConfirmedLoginWaitsForTheProvidersKeys) {
  http_ = FakeHttp();
  http_.PutConfiguration();
  http_.PutJson("/device", FakeHttp::DeviceAnswer());
  PutToken("alice");
  const auto told = Ask();
  executor_.Advance(absl::Seconds(10));
  EXPECT_FALSE(told->end.has_value());
  http_.PutJson("/keys", keys_.KeySet());
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(*told->end, absl::OkStatus());
  EXPECT_EQ(http_.asked[std::string(kIssuer) + "/token"], 1);
}

TEST_F(LoginDeskTest, WhenTheHubStopsEverybodyIsTold) {
  PutError("authorization_pending");
  const auto told = Ask();
  desk_->EndAll(absl::UnavailableError("the hub is stopping"));
  EXPECT_TRUE(absl::IsUnavailable(*told->end));
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(http_.asked[std::string(kIssuer) + "/token"], 0);
}

TEST_F(LoginDeskTest, TheGroupsAreThoseOfTheLastLogin) {
  PutToken("alice", Json::array({"ops", "web"}));
  Ask();
  executor_.Advance(absl::Seconds(5));
  PutToken("alice", Json::array({"web"}));
  PutToken("alice", Json::array({"web"}));
  executor_.Advance(absl::Minutes(1));
  Ask();
  executor_.Advance(absl::Seconds(5));
  Ask();
  executor_.Advance(absl::Seconds(5));
  EXPECT_THAT(keyring_->FindLogin("alice")->groups, ElementsAre("web"));
  EXPECT_EQ(book_->all().size(), 1u);
  EXPECT_EQ(changed_, 1) << "connections with the old groups are to be cut";
}

TEST_F(LoginDeskTest, AProviderThatIsAwayForAMomentDoesNotEndALogin) {
  http_.Put("/token", absl::UnavailableError("away"));
  http_.Put("/token", HttpAnswer{502, "<html>"});
  PutToken("alice");
  const auto told = Ask();
  executor_.Advance(absl::Seconds(10));
  EXPECT_FALSE(told->end.has_value());
  executor_.Advance(absl::Seconds(5));
  EXPECT_EQ(told->steps.size(), 2u);
}

TEST_F(LoginDeskTest, SlowDownMakesTheHubAskLessOften) {
  PutError("slow_down");
  PutError("authorization_pending");
  Ask();
  executor_.Advance(absl::Seconds(5));
  const std::string token = std::string(kIssuer) + "/token";
  EXPECT_EQ(http_.asked[token], 1);
  executor_.Advance(absl::Seconds(9));
  EXPECT_EQ(http_.asked[token], 1);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(http_.asked[token], 2);
}

TEST_F(LoginDeskTest, WhatGoesWrongIsToldRecordedAndGivesNoKey) {
  struct Case {
    std::function<void()> prepare;
    std::string told;
  };
  for (const Case& c : std::vector<Case>{{[this] { PutError("access_denied"); }, "refused at the OpenID provider"},
                                         {[this] { PutError("expired_token"); }, "log in again"},
                                         {[this] {
                                            http_.PutJson("/token", {{"id_token", "nonsense"}});
                                          },
                                          "ID token is refused"},
                                         {[this] { PutToken("two words"); }, "name_claim"},
                                         {[this] {
                                            auth::TestProvider stranger;
                                            http_.PutJson("/token", {{"id_token", stranger.Sign({{"sub", "alice"}})}});
                                          },
                                          "signature"}}) {
    http_ = FakeHttp();
    http_.PutConfiguration();
    http_.PutJson("/device", FakeHttp::DeviceAnswer());
    http_.PutJson("/keys", keys_.KeySet());
    audit_.lines.clear();
    c.prepare();
    const auto told = Ask();
    executor_.Advance(absl::Seconds(5));
    ASSERT_TRUE(told->end.has_value()) << c.told;
    EXPECT_THAT(std::string(told->end->message()), HasSubstr(c.told));
    EXPECT_EQ(told->steps.size(), 1u);
    EXPECT_THAT(audit_.lines, ElementsAre("login refused "));
    EXPECT_THAT(book_->all(), IsEmpty());
    executor_.Advance(absl::Seconds(10));
  }
}

TEST_F(LoginDeskTest, NobodyIsLoggedInThatCannotBeWrittenDown) {
  PutToken("alice");
  auto told = Ask();
  store_.full = true;
  executor_.Advance(absl::Seconds(5));
  EXPECT_TRUE(absl::IsResourceExhausted(*told->end));
  store_.full = false;
  audit_.is_required = true;
  audit_.status = absl::UnavailableError("disk full");
  told = Ask();
  executor_.Advance(absl::Seconds(5));
  EXPECT_TRUE(absl::IsUnavailable(*told->end)) << *told->end;
  EXPECT_THAT(book_->all(), IsEmpty());
}

TEST_F(LoginDeskTest, ABannedUserGetsNoKey) {
  view_->SetBan(auth::PeerKind::kOidc, "alice", true);
  PutToken("alice");
  const auto told = Ask();
  executor_.Advance(absl::Seconds(5));
  EXPECT_TRUE(absl::IsPermissionDenied(*told->end));
}

TEST_F(LoginDeskTest, ACodeThatNobodyEntersEnds) {
  PutError("authorization_pending");
  const auto told = Ask();
  for (int i = 0; i < 125; ++i) executor_.Advance(absl::Seconds(5));
  ASSERT_TRUE(told->end.has_value());
  EXPECT_TRUE(absl::IsDeadlineExceeded(*told->end));
}

TEST_F(LoginDeskTest, AnAskerThatIsGoneIsForgotten) {
  PutError("authorization_pending");
  uint64_t id = 0;
  const auto told = Ask("10.0.0.1", &id);
  desk_->Cancel(id);
  executor_.Advance(absl::Minutes(20));
  EXPECT_FALSE(told->end.has_value());
  EXPECT_EQ(http_.asked[std::string(kIssuer) + "/token"], 0);
}

TEST_F(LoginDeskTest, LoginsUnderWayAreBoundedInAllAndOfOneHost) {
  PutError("authorization_pending");
  std::vector<std::shared_ptr<Told>> all;
  for (size_t i = 0; i < LoginDesk::kMaxAttemptsOfHost + 1; ++i) all.push_back(Ask());
  EXPECT_TRUE(absl::IsResourceExhausted(all.back()->end.value_or(absl::OkStatus())));
  EXPECT_FALSE(Ask("10.0.0.2")->end.has_value()) << "another host";
  for (size_t i = 0; i < LoginDesk::kMaxAttempts; ++i) {
    executor_.Advance(absl::Seconds(1));
    all.push_back(Ask("10.0.1." + std::to_string(i)));
  }
  EXPECT_TRUE(absl::IsResourceExhausted(all.back()->end.value_or(absl::OkStatus())));
}

TEST_F(LoginDeskTest, LoginsBeginAtABoundedRate) {
  PutError("authorization_pending");
  int refused = 0;
  for (int i = 0; i < 30; ++i) {
    uint64_t id = 0;
    if (Ask("10.0.0.1", &id)->end.has_value()) ++refused;
    desk_->Cancel(id);
  }
  EXPECT_EQ(refused, 10) << "of 30 at once, 20 are the burst";
}

}  // namespace
}  // namespace orch::hub

#include "services/hub/door/standing_check.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/hub/door/fake_connections.h"

namespace orch::hub {
namespace {

class StandingCheckTest : public testing::Test {
 protected:
  Connection* Open(const std::string& name) {
    Connection* const connection = AddConnection(&connections_, kNow);
    GiveVisitor(connection, name);
    return connection;
  }
  void Turn() {
    check_.Turn([this](Connection* connection, auth::Refusal refusal, const absl::Status& standing) {
      lost_.push_back(
          absl::StrCat(connection->visitor->peer.name, " ", auth::RefusalName(refusal), " ", standing.message()));
    });
  }

  ConnectionTable connections_;
  int checked_ = 0;
  absl::Status answer_;
  StandingCheck check_{&connections_, [this](const auth::Peer&) {
                         ++checked_;
                         return answer_;
                       }};
  std::vector<std::string> lost_;
};

TEST_F(StandingCheckTest, ChecksNobodyWithoutARequest) {
  Open("deploy");
  Turn();
  EXPECT_EQ(checked_, 0);
}

TEST_F(StandingCheckTest, ChecksEveryOpenConnectionOnceAFewATurn) {
  for (int i = 0; i < StandingCheck::kChecksATurn + 7; ++i) Open(absl::StrCat("node", i));
  check_.Request();
  Turn();
  EXPECT_EQ(checked_, StandingCheck::kChecksATurn);
  EXPECT_TRUE(check_.pending());
  Turn();
  EXPECT_EQ(checked_, StandingCheck::kChecksATurn + 7);
  EXPECT_FALSE(check_.pending());
  Turn();
  EXPECT_EQ(checked_, StandingCheck::kChecksATurn + 7);
  EXPECT_TRUE(lost_.empty());
}

TEST_F(StandingCheckTest, StrangersAndThoseWhoHaveGoneAreNotChecked) {
  AddConnection(&connections_, kNow);
  Connection* const gone = Open("gone");
  check_.Request();
  connections_.Retire(gone);
  Turn();
  EXPECT_EQ(checked_, 0);
}

TEST_F(StandingCheckTest, TellsWhyAPeerMayNotStay) {
  Connection* const connection = Open("deploy");
  answer_ = absl::UnauthenticatedError("the key is gone");
  check_.Request();
  Turn();
  answer_ = absl::PermissionDeniedError("banned");
  check_.Request();
  Turn();
  connection->visitor->peer.proof = auth::Proof::kCertificate;
  check_.Request();
  Turn();
  EXPECT_EQ(lost_, (std::vector<std::string>{
                       absl::StrCat("deploy ", auth::RefusalName(auth::Refusal::kUnknownKey), " the key is gone"),
                       absl::StrCat("deploy ", auth::RefusalName(auth::Refusal::kBanned), " banned"),
                       absl::StrCat("deploy ", auth::RefusalName(auth::Refusal::kBadCertificate), " banned")}));
}

TEST_F(StandingCheckTest, AfterTheEndOfAKeyOnlyItsConnectionsAreChecked) {
  Open("for ever");
  Open("later")->visitor->peer.key_expires_us = 2'000;
  Open("now")->visitor->peer.key_expires_us = 1'000;
  AddConnection(&connections_, kNow);
  answer_ = absl::DeadlineExceededError("over");
  check_.RequestEnded(999);
  Turn();
  EXPECT_EQ(checked_, 0);
  check_.RequestEnded(1'000);
  Turn();
  EXPECT_EQ(lost_, std::vector<std::string>{"now expired_key over"});
}

}  // namespace
}  // namespace orch::hub

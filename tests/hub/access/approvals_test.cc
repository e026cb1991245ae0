#include "services/hub/access/approvals.h"

#include <map>

#include "base/durable_file.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/job_store/memory_record_store.h"
#include "tests/support/temp_folder.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const char kJob[] = "0123456789abcdef0123456789abcdef";

class ApprovalsTest : public ::testing::Test {
 protected:
  ApprovalsTest() { Restart(); }

  // Another hub process with the same store.
  void Restart() {
    Approvals::Jobs jobs;
    jobs.approve = [this](const std::string& id) { approved_.push_back(id), pending_ = false; };
    jobs.refuse = [this](const std::string& id, const std::string& why) { refused_[id] = why, pending_ = false; };
    jobs.awaits_approval = [this](const std::string&) { return pending_; };
    jobs.targets = [](const std::string&) { return std::vector<std::string>{"web1", "web2"}; };
    jobs.wanted = [](const std::string&) {};
    approvals_ = std::make_unique<Approvals>(&records_, &access_, &clock_, std::move(jobs));
  }

  std::string Open(uint32_t needed, std::vector<std::string> from = {"client=carol", "client=dave"}) {
    v1::Approval approval;
    approval.set_job_id(kJob);
    approval.set_state(v1::Approval::WAITING);
    approval.set_caller("client=alice");
    approval.set_plugin("package");
    approval.set_action("update");
    approval.set_needed(needed);
    approval.set_expires_us(absl::ToUnixMicros(clock_.Now() + absl::Hours(1)));
    for (std::string& word : from) approval.add_from(std::move(word));
    approval.set_digest(ApprovalDigest(approval, "{}", {"web1", "web2"}));
    pending_ = true;
    EXPECT_TRUE(approvals_->Open(approval).ok());
    executor_.RunUntilIdle();
    return approval.digest();
  }

  absl::StatusOr<v1::Approval> Decide(const std::string& caller, bool grant, const std::string& digest) {
    v1::DecideApprovalRequest request;
    request.set_job_id(kJob);
    request.set_grant(grant);
    request.set_digest(digest);
    absl::StatusOr<v1::Approval> answer = absl::UnknownError("no answer");
    approvals_->Decide({caller, {}}, request, [&](absl::StatusOr<v1::Approval> got) { answer = std::move(got); });
    executor_.RunUntilIdle();
    return answer;
  }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  MemoryRecordStore records_{&executor_};
  AccessControl access_{{"", {"peadmin"}, ""}, nullptr, &clock_};
  std::unique_ptr<Approvals> approvals_;
  bool pending_ = false;
  std::vector<std::string> approved_;
  std::map<std::string, std::string> refused_;
};

TEST_F(ApprovalsTest, AJobGoesOnWhenEnoughOthersHaveGrantedIt) {
  const std::string digest = Open(2);
  EXPECT_EQ(approvals_->waiting(), 1);
  auto first = Decide("client=carol", true, digest);
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->state(), v1::Approval::WAITING);
  EXPECT_THAT(approved_, IsEmpty());
  auto second = Decide("client=dave", true, digest);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->state(), v1::Approval::GRANTED);
  EXPECT_THAT(approved_, ElementsAre(kJob));
  EXPECT_EQ(approvals_->waiting(), 0);
}

TEST_F(ApprovalsTest, TheOneWhoAskedCannotDecide) {
  const std::string digest = Open(1, {"*"});
  const auto own = Decide("client=alice", true, digest);
  EXPECT_TRUE(absl::IsPermissionDenied(own.status())) << own.status();
  EXPECT_THAT(approved_, IsEmpty());
}

TEST_F(ApprovalsTest, AStrangerToTheRuleCannotDecide) {
  const std::string digest = Open(1);
  EXPECT_TRUE(absl::IsPermissionDenied(Decide("client=mallory", true, digest).status()));
  EXPECT_TRUE(absl::IsPermissionDenied(Decide("client=carolx", true, digest).status())) << "names fit whole";
}

TEST_F(ApprovalsTest, OneCannotGrantTwice) {
  const std::string digest = Open(2);
  ASSERT_TRUE(Decide("client=carol", true, digest).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(Decide("client=carol", true, digest).status()));
  EXPECT_THAT(approved_, IsEmpty());
}

TEST_F(ApprovalsTest, AnotherDigestIsAnotherJob) {
  Open(1);
  const auto wrong = Decide("client=carol", true, std::string(64, '0'));
  EXPECT_TRUE(absl::IsFailedPrecondition(wrong.status()));
  EXPECT_THAT(std::string(wrong.status().message()), HasSubstr("digest"));
  EXPECT_THAT(approved_, IsEmpty());
}

TEST_F(ApprovalsTest, ADenialEndsTheJob) {
  const std::string digest = Open(2);
  ASSERT_TRUE(Decide("client=carol", true, digest).ok());
  ASSERT_TRUE(Decide("client=dave", false, digest).ok());
  EXPECT_THAT(refused_[kJob], HasSubstr("client=dave"));
  EXPECT_TRUE(absl::IsFailedPrecondition(Decide("client=carol", true, digest).status()));
}

TEST_F(ApprovalsTest, AGrantThatComesTooLateIsRefused) {
  const std::string digest = Open(1);
  clock_.Advance(absl::Hours(2));
  EXPECT_TRUE(absl::IsFailedPrecondition(Decide("client=carol", true, digest).status())) << "even before the timer";
  approvals_->Tick();
  EXPECT_THAT(refused_[kJob], HasSubstr("in time"));
  EXPECT_THAT(approved_, IsEmpty());
}

TEST_F(ApprovalsTest, ARestartedHubWaitsOn) {
  const std::string digest = Open(2);
  ASSERT_TRUE(Decide("client=carol", true, digest).ok());
  Restart();
  ASSERT_TRUE(approvals_->Load({kJob}).ok());
  EXPECT_EQ(approvals_->waiting(), 1);
  EXPECT_TRUE(absl::IsFailedPrecondition(Decide("client=carol", true, digest).status())) << "it has its vote";
  ASSERT_TRUE(Decide("client=dave", true, digest).ok());
  EXPECT_THAT(approved_, ElementsAre(kJob));
}

TEST_F(ApprovalsTest, AJobWhoseApprovalWasNotStoredEndsAfterARestart) {
  pending_ = true;
  ASSERT_TRUE(approvals_->Load({kJob}).ok());
  EXPECT_THAT(refused_[kJob], HasSubstr("restarted"));
}

TEST_F(ApprovalsTest, AGrantThatWasStoredCountsAlthoughTheHubDiedBeforeItWasObeyed) {
  const std::string digest = Open(1);
  ASSERT_TRUE(Decide("client=carol", true, digest).ok());
  approved_.clear();
  Restart();
  pending_ = true;
  ASSERT_TRUE(approvals_->Load({kJob}).ok());
  EXPECT_THAT(approved_, ElementsAre(kJob));
}

TEST_F(ApprovalsTest, WhoIsInAGroupIsAskedWhenItIsDecided) {
  const TempFolder folder;
  const std::string file = folder.Path("access.yaml");
  const std::string rules =
      "rules:\n  - {callers: client=peadmin, role: admin}\n  - {callers: group=leads, allow: read}\n";
  ASSERT_TRUE(WriteFileDurably(file, "groups: {leads: [client=carol]}\n" + rules, 0644).ok());
  AccessControl access({file, {}, ""}, nullptr, &clock_);
  Approvals::Jobs jobs;
  jobs.approve = [this](const std::string& id) { approved_.push_back(id); };
  jobs.awaits_approval = [](const std::string&) { return true; };
  approvals_ = std::make_unique<Approvals>(&records_, &access, &clock_, std::move(jobs));
  const std::string digest = Open(2, {"group=leads"});
  EXPECT_TRUE(absl::IsPermissionDenied(Decide("client=dave", true, digest).status()));
  EXPECT_TRUE(Decide("client=carol", true, digest).ok());
  ASSERT_TRUE(WriteFileDurably(file, "groups: {leads: [client=dave]}\n" + rules, 0644).ok());
  access.Reload();
  EXPECT_TRUE(Decide("client=dave", true, digest).ok());
  EXPECT_THAT(approved_, ElementsAre(kJob));
  ASSERT_TRUE(WriteFileDurably(file, "groups: {leads: \n", 0644).ok());
  access.Reload();
  v1::ListApprovalsRequest all;
  all.set_decided(true);
  v1::ListApprovalsResponse response;
  EXPECT_TRUE(approvals_->List({"client=carol", {}}, all, &response).ok());
  EXPECT_EQ(response.approvals_size(), 0) << "a file with a fault names nobody";
}

TEST_F(ApprovalsTest, OnlyThoseConcernedSeeIt) {
  Open(1);
  const auto seen_by = [this](const std::string& caller) {
    v1::ListApprovalsResponse response;
    EXPECT_TRUE(approvals_->List({caller, {}}, {}, &response).ok());
    return response.approvals_size();
  };
  EXPECT_EQ(seen_by("client=alice"), 1);
  EXPECT_EQ(seen_by("client=carol"), 1);
  EXPECT_EQ(seen_by("client=peadmin"), 1);
  EXPECT_EQ(seen_by("client=mallory"), 0);
}

TEST_F(ApprovalsTest, TheDigestCoversEverythingThatIsApproved) {
  v1::Approval approval;
  approval.set_job_id(kJob);
  approval.set_plugin("package");
  approval.set_action("update");
  const std::string digest = ApprovalDigest(approval, "{}", {"a", "b"});
  EXPECT_EQ(ApprovalDigest(approval, "{}", {"b", "a"}), digest) << "the order of targets says nothing";
  EXPECT_NE(ApprovalDigest(approval, "{\"x\":1}", {"a", "b"}), digest);
  EXPECT_NE(ApprovalDigest(approval, "{}", {"a", "b", "c"}), digest);
  EXPECT_NE(ApprovalDigest(approval, "{}", {"ab"}), digest);
  approval.set_action("purge");
  EXPECT_NE(ApprovalDigest(approval, "{}", {"a", "b"}), digest);
}

}  // namespace
}  // namespace orch::hub

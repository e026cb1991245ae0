#include "services/hub/audit/node_heads.h"

#include <filesystem>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/hub/audit/audit_hub_fixture.h"

namespace orch::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class NodeHeadsTest : public AuditHubTest {
 protected:
  static v1::AuditHead Wire(const auth::AuditHead& head) {
    v1::AuditHead wire;
    wire.set_seq(head.seq);
    wire.set_hash(head.hash);
    return wire;
  }
  std::unique_ptr<NodeHeads> Make() {
    return std::make_unique<NodeHeads>(log_.get(), &pool_, &clock_, &loop_,
                                       [this](const std::string& identity, const std::string& text) {
                                         alarms_.push_back(identity);
                                         texts_.push_back(text);
                                       });
  }
  v1::VerifyAuditResponse Filled(const NodeHeads& heads) {
    v1::VerifyAuditResponse response;
    heads.Fill(&response);
    return response;
  }
  std::vector<std::string> alarms_;
  std::vector<std::string> texts_;
};

TEST_F(NodeHeadsTest, OnlyHeadsOnTheDiskAreGivenAway) {
  const auto heads = Make();
  Write("a");
  EXPECT_EQ(heads->Newest().seq(), 0u);
  log_->Sync();
  EXPECT_EQ(heads->Newest().seq(), 1u);
  EXPECT_EQ(heads->Newest().hash(), log_->head().hash);
}

TEST_F(NodeHeadsTest, RecentHeadIsComparedAtOnce) {
  const auto heads = Make();
  Write("a");
  heads->OnRemembered("web1", Wire(log_->head()));
  auth::AuditHead other = log_->head();
  other.hash[3] ^= 1;
  heads->OnRemembered("web2", Wire(other));
  heads->OnRemembered("new", v1::AuditHead());
  EXPECT_EQ(pool_.parts, 0);
  EXPECT_THAT(alarms_, ElementsAre("web2"));
  EXPECT_TRUE(absl::StrContains(texts_[0], "restored from a backup"));
  EXPECT_EQ(Filled(*heads).heads_agree(), 1u);
  EXPECT_THAT(Filled(*heads).heads_differ(), ElementsAre("web2"));
}

TEST_F(NodeHeadsTest, OlderHeadsAreLookedUpInOnePass) {
  std::vector<auth::AuditHead> old;
  for (int i = 0; i < 20; ++i) {
    Write("a");
    old.push_back(log_->head());
  }
  Reopen();
  const auto heads = Make();
  old[4].hash[0] ^= 1;
  for (size_t i = 0; i < 10; ++i) heads->OnRemembered(absl::StrCat("n", i), Wire(old[i]));
  EXPECT_THAT(alarms_, IsEmpty());
  loop_.RunUntilIdle();
  EXPECT_LE(pool_.parts, 2);  // the first one alone, the others together
  EXPECT_THAT(alarms_, ElementsAre("n4"));
  EXPECT_EQ(Filled(*heads).heads_agree(), 9u);
}

TEST_F(NodeHeadsTest, HubThatWasRestoredFromABackupIsFound) {
  Write("a");
  log_->Sync();
  std::filesystem::copy_file(path_, path_ + ".backup");
  Write("b");
  const auth::AuditHead remembered = log_->head();
  log_.reset();
  std::filesystem::rename(path_ + ".backup", path_);
  Reopen();
  Write("c");  // another record of the same number
  const auto heads = Make();
  heads->OnRemembered("web1", Wire(remembered));
  loop_.RunUntilIdle();
  EXPECT_THAT(alarms_, ElementsAre("web1"));
}

TEST_F(NodeHeadsTest, HeadOlderThanTheLogIsNeitherRightNorWrong) {
  Write("a");
  const auth::AuditHead first = log_->head();
  Write("b");
  log_->Sync();
  log_.reset();
  // As rotation removes old files: the log begins with record 2.
  std::string text = *ReadFile(path_, 1u << 20);
  text.erase(0, text.find('\n') + 1);
  ASSERT_TRUE(WriteFileDurably(path_, text, 0640).ok());
  Reopen();
  const auto heads = Make();
  heads->OnRemembered("web1", Wire(first));
  loop_.RunUntilIdle();
  EXPECT_THAT(alarms_, IsEmpty());
  EXPECT_EQ(Filled(*heads).heads_agree(), 0u);
}

TEST_F(NodeHeadsTest, WholeFleetIsAFewAlarms) {
  const auto heads = Make();
  Write("a");
  auth::AuditHead wrong = log_->head();
  wrong.seq = 900;
  for (int i = 0; i < 10'000; ++i) heads->OnRemembered(absl::StrCat("n", i), Wire(wrong));
  EXPECT_THAT(alarms_, SizeIs(NodeHeads::kMaxAlarms));
  clock_.Advance(NodeHeads::kAlarmWindow);
  heads->Tick();
  heads->Tick();
  ASSERT_THAT(alarms_, SizeIs(NodeHeads::kMaxAlarms + 1));
  EXPECT_TRUE(absl::StartsWith(texts_.back(), "9980 further nodes"));
  EXPECT_EQ(Filled(*heads).heads_differ_size(), NodeHeads::kMaxListed);
}

TEST_F(NodeHeadsTest, HeadsWaitWhileThePoolIsFull) {
  Write("a");
  const auth::AuditHead head = log_->head();
  Reopen();
  const auto heads = Make();
  pool_.full = true;
  heads->OnRemembered("web1", Wire(head));
  loop_.RunUntilIdle();
  EXPECT_EQ(Filled(*heads).heads_agree(), 0u);
  pool_.full = false;
  heads->Tick();
  loop_.RunUntilIdle();
  EXPECT_EQ(Filled(*heads).heads_agree(), 1u);
}

}  // namespace
}  // namespace orch::hub

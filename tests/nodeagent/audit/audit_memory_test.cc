#include "services/nodeagent/audit_memory.h"

#include <memory>
#include <vector>

#include "absl/strings/match.h"
#include "base/durable_file.h"
#include "base/manual_executor.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

namespace orch::nodeagent {
namespace {

v1::AuditHead Head(uint64_t seq, char hash) {
  v1::AuditHead head;
  head.set_seq(seq);
  head.set_hash(std::string(32, hash));
  return head;
}

class AuditMemoryTest : public testing::Test {
 protected:
  std::unique_ptr<AuditMemory> Make() {
    return std::make_unique<AuditMemory>(
        file_, &clock_, &loop_, [this](const std::string&, const std::string& text) { went_back_.push_back(text); });
  }
  ManualClock clock_;
  ManualExecutor loop_{&clock_};
  TempFolder folder_;
  const std::string file_ = folder_.Path("audit_heads.json");
  std::vector<std::string> went_back_;
};

TEST_F(AuditMemoryTest, HeadOfEachHubSurvivesARestart) {
  {
    const auto memory = Make();
    EXPECT_EQ(memory->Of("a:1").seq(), 0u);
    memory->OnHead("a:1", Head(7, 'x'));
    memory->OnHead("b:1", Head(3, 'y'));
    memory->OnHead("a:1", Head(9, 'z'));
  }
  const auto memory = Make();
  EXPECT_EQ(memory->Of("a:1").seq(), 9u);
  EXPECT_EQ(memory->Of("a:1").hash(), std::string(32, 'z'));
  EXPECT_EQ(memory->Of("b:1").seq(), 3u);
  EXPECT_TRUE(went_back_.empty());
}

TEST_F(AuditMemoryTest, HeadThatGoesBackIsTold) {
  const auto memory = Make();
  memory->OnHead("a:1", Head(7, 'x'));
  memory->OnHead("a:1", Head(7, 'x'));
  EXPECT_TRUE(went_back_.empty());
  memory->OnHead("a:1", Head(7, 'y'));
  memory->OnHead("a:1", Head(2, 'z'));
  ASSERT_EQ(went_back_.size(), 2u);
  EXPECT_TRUE(absl::StrContains(went_back_[1], "restored from a backup"));
  EXPECT_EQ(memory->Of("a:1").seq(), 2u);
}

TEST_F(AuditMemoryTest, MalformedHeadsAndFilesAreIgnored) {
  ASSERT_TRUE(WriteFileDurably(file_, "{\"a:1\": \"no head\", \"b:1\": 5", 0600).ok());
  const auto memory = Make();
  memory->OnHead("a:1", Head(0, 'x'));
  v1::AuditHead wrong = Head(4, 'x');
  wrong.set_hash("short");
  memory->OnHead("a:1", wrong);
  EXPECT_EQ(memory->Of("a:1").seq(), 0u);
}

TEST_F(AuditMemoryTest, HubsAreBounded) {
  const auto memory = Make();
  for (size_t i = 0; i <= AuditMemory::kMaxHubs; ++i) memory->OnHead("hub" + std::to_string(i), Head(1, 'x'));
  EXPECT_EQ(memory->Of("hub" + std::to_string(AuditMemory::kMaxHubs)).seq(), 0u);
}

}  // namespace
}  // namespace orch::nodeagent

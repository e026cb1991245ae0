#include "auth/audit/audit_cursor.h"
#include "auth/audit/audit_filter.h"
#include "gmock/gmock.h"
#include "tests/auth/audit/audit_fixture.h"

namespace orch::auth {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class AuditReadingTest : public AuditTest {
 protected:
  // The numbers of all further records.
  static std::vector<uint64_t> Rest(AuditCursor* cursor) {
    std::vector<uint64_t> seqs;
    while (true) {
      const auto line = cursor->Next();
      EXPECT_TRUE(line.ok()) << line.status();
      if (!line.ok() || !line->has_value()) return seqs;
      seqs.push_back(cursor->seq());
    }
  }
  std::vector<int> Matching(const AuditFilter& filter) const {
    const AuditMatcher matcher(filter);
    std::vector<int> seqs;
    for (const std::string& line : Lines()) {
      if (matcher.Matches(line)) seqs.push_back(Parsed(line)["seq"].get<int>());
    }
    return seqs;
  }
};

TEST_F(AuditReadingTest, CursorFollowsThroughFilesThatAreMovedAside) {
  const std::unique_ptr<AuditLog> log = Open({.max_size = 600, .keep = 100});
  ASSERT_TRUE(log->Write(Invoked("client=a")).ok());
  auto cursor = AuditCursor::Open(path_, 0);
  ASSERT_TRUE(cursor.ok());
  EXPECT_THAT(Rest(cursor->get()), ElementsAre(1));
  std::vector<uint64_t> expected;
  for (uint64_t seq = 2; seq <= 40; ++seq) {
    ASSERT_TRUE(log->Write(Invoked("client=a")).ok());
    expected.push_back(seq);
  }
  EXPECT_EQ(Rest(cursor->get()), expected);
  EXPECT_THAT(Rest(cursor->get()), IsEmpty());
  auto later = AuditCursor::Open(path_, 37);
  ASSERT_TRUE(later.ok());
  EXPECT_THAT(Rest(later->get()), ElementsAre(38, 39, 40));
}

TEST_F(AuditReadingTest, CursorPassesOverALineThatIsNotWholeYet) {
  WriteSome(1);
  auto cursor = AuditCursor::Open(path_, 0);
  ASSERT_TRUE(cursor.ok());
  EXPECT_THAT(Rest(cursor->get()), ElementsAre(1));
  AuditHead head = Verify().head();
  const std::string whole = Text();
  const std::string next = ComposeAuditLine(Invoked("client=b"), clock_.Now(), &head);
  const auto append = [&](const std::string& text) { std::ofstream(path_, std::ios::app) << text; };
  append(next.substr(0, 50));
  EXPECT_THAT(Rest(cursor->get()), IsEmpty());
  append(next.substr(50) + "\n");
  EXPECT_THAT(Rest(cursor->get()), ElementsAre(2));
}

TEST_F(AuditReadingTest, LastRecordsComeFromSeveralFiles) {
  const std::unique_ptr<AuditLog> log = Open({.max_size = 600, .keep = 100});
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(log->Write(Invoked(i % 10 == 0 ? "client=b" : "client=a")).ok());
  const auto last = ReadLastRecords(path_, {.caller = "client=b"}, 3);
  ASSERT_TRUE(last.ok());
  std::vector<int> seqs;
  for (const std::string& line : *last) seqs.push_back(Parsed(line)["seq"].get<int>());
  EXPECT_THAT(seqs, ElementsAre(11, 21, 31));
}

TEST_F(AuditReadingTest, FilterTakesWholeNamesAndBeginningsOfEvents) {
  {
    const std::unique_ptr<AuditLog> log = Open();
    ASSERT_TRUE(log->Write(Invoked("client=alice", "j1")).ok());
    clock_.Advance(absl::Hours(1));
    ASSERT_TRUE(log->Write({"job.cancel", "denied", "client=al", "", {{"job", "j1"}}}).ok());
    clock_.Advance(absl::Hours(1));
    ASSERT_TRUE(log->Write({"jobs", "allowed", "client=alice", "", {{"targets", {"web1", "web2"}}}}).ok());
    ASSERT_TRUE(log->Write({"handshake", "refused", "", "web1", {{"node", "web10"}, {"note", "client=al"}}}).ok());
  }
  EXPECT_THAT(Matching({}), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(Matching({.caller = "client=al"}), ElementsAre(2));
  EXPECT_THAT(Matching({.event = "job"}), ElementsAre(1, 2));
  EXPECT_THAT(Matching({.event = "job.cancel"}), ElementsAre(2));
  EXPECT_THAT(Matching({.decision = "denied"}), ElementsAre(2));
  EXPECT_THAT(Matching({.job = "j1"}), ElementsAre(1, 2));
  EXPECT_THAT(Matching({.node = "web1"}), ElementsAre(3));
  EXPECT_THAT(Matching({.node = "web10"}), ElementsAre(4));
  const absl::Time start = absl::FromUnixSeconds(1'700'000'000);
  EXPECT_THAT(Matching({.since = start + absl::Hours(1)}), ElementsAre(2, 3, 4));
  EXPECT_THAT(Matching({.since = start + absl::Hours(1), .until = start + absl::Hours(2)}), ElementsAre(2));
}

}  // namespace
}  // namespace orch::auth

#include "auth/audit/audit_chain.h"

#include <algorithm>

#include "gmock/gmock.h"
#include "tests/auth/audit/audit_fixture.h"

namespace orch::auth {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class AuditChainTest : public AuditTest {
 protected:
  AuditChainTest() {
    WriteSome(6);
    lines_ = Lines();
    AuditChain chain = Verify();
    head_ = chain.head();
  }
  std::string At(int line) const { return path_ + ":" + std::to_string(line) + ": "; }

  std::vector<std::string> lines_;
  AuditHead head_;
};

TEST_F(AuditChainTest, WholeLogIsIntact) {
  const AuditChain chain = Verify(head_);
  EXPECT_TRUE(chain.intact());
  EXPECT_THAT(chain.problems(), IsEmpty());
  EXPECT_EQ(chain.records(), 6u);
  EXPECT_EQ(chain.head().seq, 6u);
}

TEST_F(AuditChainTest, EditedLineIsFound) {
  lines_[2].replace(lines_[2].find("client=a2"), 9, "client=x2");
  SetLines(lines_);
  EXPECT_THAT(Verify().problems(), ElementsAre(At(3) + "record 3 was changed: its hash does not fit"));
}

TEST_F(AuditChainTest, EveryChangedByteIsFound) {
  for (size_t i = 0; i < lines_[2].size(); ++i) {
    std::vector<std::string> lines = lines_;
    lines[2][i] ^= 1;
    SetLines(lines);
    EXPECT_FALSE(Verify().intact()) << "byte " << i << " of " << lines[2];
  }
}

TEST_F(AuditChainTest, RemovedLineIsFound) {
  lines_.erase(lines_.begin() + 2);
  SetLines(lines_);
  EXPECT_THAT(Verify().problems(), ElementsAre(At(3) + "record 4 follows record 2: 1 record is missing"));
}

TEST_F(AuditChainTest, RemovedBeginningIsFound) {
  lines_.erase(lines_.begin(), lines_.begin() + 2);
  SetLines(lines_);
  EXPECT_THAT(Verify().problems(), ElementsAre(HasSubstr("the log begins with record 3, and no record says")));
}

TEST_F(AuditChainTest, ReorderedLinesAreFoundAndTheCheckGoesOn) {
  std::swap(lines_[1], lines_[2]);
  lines_[4].replace(lines_[4].find("client=a4"), 9, "client=x4");
  SetLines(lines_);
  EXPECT_THAT(Verify().problems(), ElementsAre(At(2) + "record 3 follows record 1: 1 record is missing",
                                               At(3) + "record 2 follows record 3: records were moved or repeated",
                                               At(4) + "record 4 follows record 2: 1 record is missing",
                                               At(5) + "record 5 was changed: its hash does not fit"));
}

TEST_F(AuditChainTest, InsertedLineIsFound) {
  lines_.insert(lines_.begin() + 2, "nothing");
  SetLines(lines_);
  EXPECT_THAT(Verify().problems(), ElementsAre(HasSubstr(At(3) + "the line is no record of an audit log")));
}

TEST_F(AuditChainTest, CutEndIsFoundOnlyWithAHead) {
  lines_.resize(4);
  SetLines(lines_);
  EXPECT_TRUE(Verify().intact());
  EXPECT_THAT(Verify(head_).problems(), ElementsAre(HasSubstr("the log ends with record 4, but record 6 was")));
}

TEST_F(AuditChainTest, RewrittenHistoryIsFoundOnlyWithAHead) {
  // As root on the hub could: the same events with another caller and fitting hashes.
  AuditHead head;
  std::vector<std::string> rewritten;
  for (int i = 0; i < 6; ++i) rewritten.push_back(ComposeAuditLine(Invoked("client=evil"), clock_.Now(), &head));
  SetLines(rewritten);
  EXPECT_TRUE(Verify().intact());
  EXPECT_THAT(Verify(head_).problems(), ElementsAre(HasSubstr("the log was rewritten")));
}

TEST_F(AuditChainTest, ManyProblemsAreCountedAndNotAllKept) {
  for (int i = 0; i < 1000; ++i) lines_.push_back("nothing");
  SetLines(lines_);
  const AuditChain chain = Verify();
  EXPECT_EQ(chain.problem_count(), 1000u);
  EXPECT_EQ(chain.problems().size(), AuditChain::kMaxProblems);
}

TEST_F(AuditChainTest, EndlessLineIsOneProblem) {
  SetText(Text() + std::string(3 * kMaxAuditLineBytes, 'x') + "\n");
  EXPECT_EQ(Verify().problem_count(), 1u);
}

TEST_F(AuditChainTest, AbsentFileIsNoIntactLog) {
  AuditChain chain;
  EXPECT_TRUE(absl::IsNotFound(chain.ReadLog(folder_.path() + "/none", false)));
}

}  // namespace
}  // namespace orch::auth

#include "services/nodeagent/tasks/journal.h"

#include <sys/resource.h>

#include <csignal>
#include <fstream>

#include "absl/strings/str_format.h"
#include "base/durable_file.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/nodeagent/state_dir.h"
#include "services/nodeagent/tasks/journal_record.h"
#include "services/nodeagent/tasks/splay.h"
#include "tests/support/temp_folder.h"

namespace orch::nodeagent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using State = Journal::State;

std::string Id(int number) { return absl::StrFormat("%032x", number); }

class JournalTest : public testing::Test {
 protected:
  JournalTest() { Reopen(); }

  void Reopen() {
    journal_.reset();
    auto opened = Journal::Open(path_, &clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    journal_ = *std::move(opened);
  }
  void Damage(size_t offset) {
    std::string contents = ReadFile(path_, 1 << 20).value();
    contents[offset] ^= 1;
    std::ofstream(path_, std::ios::binary) << contents;
  }

  TempFolder folder_;
  const std::string path_ = folder_.Path("journal");
  ManualClock clock_;
  std::unique_ptr<Journal> journal_;
};

TEST_F(JournalTest, KnowsAfterARestartWhatItAccepted) {
  ASSERT_TRUE(journal_->Accept(Id(1)).ok());
  Reopen();
  EXPECT_EQ(journal_->Find(Id(1)), State::kAccepted);
  EXPECT_EQ(journal_->Find(Id(2)), State::kUnknown);
  EXPECT_THAT(journal_->Accepted(), ElementsAre(Id(1)));
  EXPECT_EQ(journal_->Accept(Id(1)).code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(JournalTest, KeepsOutcomesInTheirOrderUntilTheyAreAcknowledged) {
  for (int i = 1; i <= 4; ++i) ASSERT_TRUE(journal_->Accept(Id(i)).ok());
  for (int i : {3, 1, 2}) ASSERT_TRUE(journal_->Finish(Id(i), absl::StrCat("outcome ", i)).ok());
  EXPECT_THAT(journal_->Finished(), ElementsAre(Id(3), Id(1), Id(2)));
  journal_->Settle(Id(1));
  Reopen();
  EXPECT_THAT(journal_->Finished(), ElementsAre(Id(3), Id(2)));
  EXPECT_EQ(journal_->Outcome(Id(3)).value(), "outcome 3");
  EXPECT_FALSE(journal_->Outcome(Id(1)).ok());
  EXPECT_EQ(journal_->Find(Id(1)), State::kSettled);
  EXPECT_THAT(journal_->Accepted(), ElementsAre(Id(4)));
}

TEST_F(JournalTest, TakesTheFirstOutcomeOnly) {
  ASSERT_TRUE(journal_->Accept(Id(1)).ok());
  ASSERT_TRUE(journal_->Finish(Id(1), "first").ok());
  EXPECT_FALSE(journal_->Finish(Id(1), "second").ok());
  EXPECT_EQ(journal_->Outcome(Id(1)).value(), "first");
}

TEST_F(JournalTest, KeepsTheRefusalOfAJobThatNeverStarted) {
  ASSERT_TRUE(journal_->Finish(Id(1), "denied").ok());
  Reopen();
  EXPECT_EQ(journal_->Outcome(Id(1)).value(), "denied");
  EXPECT_FALSE(journal_->Accept(Id(1)).ok());
}

TEST_F(JournalTest, ForgetsASettledJobAfterADayButNotBefore) {
  ASSERT_TRUE(journal_->Accept(Id(1)).ok());
  ASSERT_TRUE(journal_->Finish(Id(1), "x").ok());
  journal_->Settle(Id(1));
  clock_.Advance(absl::Hours(23));
  Reopen();
  ASSERT_TRUE(journal_->Accept(Id(2)).ok());
  EXPECT_EQ(journal_->Find(Id(1)), State::kSettled);
  clock_.Advance(absl::Hours(1));
  ASSERT_TRUE(journal_->Accept(Id(3)).ok());
  EXPECT_EQ(journal_->Find(Id(1)), State::kUnknown);
  EXPECT_EQ(journal_->Find(Id(2)), State::kAccepted) << "what has not ended is never forgotten";
}

TEST_F(JournalTest, AWallClockThatJumpsForgetsNothing) {
  ASSERT_TRUE(journal_->Finish(Id(1), "x").ok());
  journal_->Settle(Id(1));
  clock_.JumpWall(absl::Hours(1000));
  ASSERT_TRUE(journal_->Accept(Id(2)).ok());
  EXPECT_EQ(journal_->Find(Id(1)), State::kSettled);
  clock_.JumpWall(-absl::Hours(5000));
  Reopen();
  ASSERT_TRUE(journal_->Accept(Id(3)).ok());
  EXPECT_EQ(journal_->Find(Id(1)), State::kSettled);
  clock_.Advance(absl::Hours(24));
  ASSERT_TRUE(journal_->Accept(Id(4)).ok());
  EXPECT_EQ(journal_->Find(Id(1)), State::kUnknown) << "set back, it must not keep anything for ever";
}

TEST_F(JournalTest, RemembersABoundedNumberOfJobs) {
  for (size_t i = 0; i < Journal::kMaxRemembered; ++i) {
    ASSERT_TRUE(journal_->Finish(Id(i), "x").ok());
    journal_->Settle(Id(i));
  }
  const absl::Status full = journal_->Accept(Id(1 << 20));
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.message()), HasSubstr("8192 jobs"));
  clock_.Advance(Journal::kRememberAtLeast);
  EXPECT_TRUE(journal_->Accept(Id(1 << 20)).ok());
  EXPECT_EQ(journal_->Find(Id(0)), State::kUnknown);
}

TEST_F(JournalTest, TakesNothingOnWhileTooMuchIsUnacknowledged) {
  const std::string large(4u << 20, 'x');
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(journal_->Accept(Id(i)).ok());
    ASSERT_TRUE(journal_->Finish(Id(i), large).ok());
  }
  const absl::Status full = journal_->Accept(Id(100));
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(full.message()), HasSubstr("has not acknowledged"));
  journal_->Settle(Id(0));
  EXPECT_TRUE(journal_->Accept(Id(100)).ok());
  EXPECT_EQ(journal_->Outcome(Id(7)).value(), large);
}

TEST_F(JournalTest, ItsFileStaysSmallHoweverManyJobsPass) {
  ASSERT_TRUE(journal_->Accept(Id(1)).ok());
  ASSERT_TRUE(journal_->Finish(Id(2), "kept").ok());
  const std::string outcome(200 << 10, 'x');
  for (int i = 10; i < 60; ++i) {
    ASSERT_TRUE(journal_->Accept(Id(i)).ok());
    ASSERT_TRUE(journal_->Finish(Id(i), outcome).ok());
    journal_->Settle(Id(i));
  }
  EXPECT_LT(std::filesystem::file_size(path_), 3u << 20);
  EXPECT_EQ(journal_->Outcome(Id(2)).value(), "kept");
  Reopen();
  EXPECT_EQ(journal_->Outcome(Id(2)).value(), "kept");
  EXPECT_THAT(journal_->Accepted(), ElementsAre(Id(1)));
  EXPECT_EQ(journal_->Find(Id(59)), State::kSettled);
}

TEST_F(JournalTest, SaysThatItsFileWasDamagedAndClaimsNoLongerToKnowEveryJob) {
  ASSERT_TRUE(journal_->Accept(Id(1)).ok());
  ASSERT_TRUE(journal_->Accept(Id(2)).ok());
  EXPECT_TRUE(journal_->Complete());
  Damage(40);
  Reopen();
  EXPECT_EQ(journal_->Find(Id(2)), State::kAccepted);
  EXPECT_FALSE(journal_->Complete());
  EXPECT_THAT(journal_->Problems(), ElementsAre(HasSubstr("was damaged")));
  clock_.Advance(absl::Hours(10));
  Reopen();
  EXPECT_FALSE(journal_->Complete()) << "still so after another restart";
  EXPECT_THAT(journal_->Problems(), IsEmpty());
  clock_.Advance(absl::Hours(15));
  EXPECT_TRUE(journal_->Complete());
}

TEST_F(JournalTest, TakesATornLastRecordForNotWritten) {
  ASSERT_TRUE(journal_->Accept(Id(1)).ok());
  ASSERT_TRUE(journal_->Accept(Id(2)).ok());
  std::filesystem::resize_file(path_, std::filesystem::file_size(path_) - 1);
  Reopen();
  EXPECT_TRUE(journal_->Complete());
  EXPECT_EQ(journal_->Find(Id(2)), State::kUnknown);
  EXPECT_TRUE(journal_->Accept(Id(2)).ok());
}

void FillTheDisk(Journal* journal, const std::string& path) {
  signal(SIGXFSZ, SIG_IGN);
  if (!journal->Accept(Id(1)).ok()) _exit(1);
  const rlimit size = {std::filesystem::file_size(path), RLIM_INFINITY};
  setrlimit(RLIMIT_FSIZE, &size);
  const absl::Status refused = journal->Accept(Id(2));
  const absl::Status unsaved = journal->Finish(Id(1), "its outcome");
  fprintf(stderr, "accept %d, state %d, finish %d, outcome '%s', problems %zu\n", refused.ok(),
          static_cast<int>(journal->Find(Id(2))), unsaved.ok(), journal->Outcome(Id(1)).value().c_str(),
          journal->Problems().size());
  _exit(0);
}

TEST_F(JournalTest, OnAFullDiskNothingIsTakenOnAndWhatRanIsKeptInMemory) {
  EXPECT_EXIT(FillTheDisk(journal_.get(), path_), testing::ExitedWithCode(0),
              "accept 0, state 0, finish 0, outcome 'its outcome', problems 1");
}

TEST(StateDirTest, BelongsToOneAgentAtATime) {
  TempFolder folder;
  const std::string path = folder.Path("a/state");
  auto first = StateDir::Open(path);
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = StateDir::Open(path);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("another node agent"));
  EXPECT_EQ(std::filesystem::status(path).permissions(), std::filesystem::perms::owner_all);
  first->reset();
  EXPECT_TRUE(StateDir::Open(path).ok());
}

TEST(StateDirTest, SaysWhatToDoWhenItCannotBeMade) {
  TempFolder folder;
  std::ofstream(folder.Path("file")) << "x";
  EXPECT_THAT(std::string(StateDir::Open(folder.Path("file")).status().message()), HasSubstr("no folder"));
  EXPECT_THAT(std::string(StateDir::Open(folder.Path("file/state")).status().message()), HasSubstr("set state_dir"));
}

TEST(SplayTest, IsAlwaysTheSameForAJobOnANodeAndSpreadsOverTheWhole) {
  const absl::Duration splay = absl::Seconds(100);
  EXPECT_EQ(SplayDelay(Id(1), "a", splay), SplayDelay(Id(1), "a", splay));
  EXPECT_NE(SplayDelay(Id(1), "a", splay), SplayDelay(Id(2), "a", splay));
  int tenths[10] = {};
  for (int i = 0; i < 10'000; ++i) {
    const absl::Duration delay = SplayDelay(Id(1), absl::StrCat("node", i), splay);
    ASSERT_GE(delay, absl::ZeroDuration());
    ASSERT_LT(delay, splay);
    ++tenths[delay / absl::Seconds(10)];
  }
  for (const int count : tenths) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(SplayDelay(Id(1), "a", absl::ZeroDuration()), absl::ZeroDuration());
  EXPECT_EQ(SplayDelay(Id(1), "a", -splay), absl::ZeroDuration());
}

}  // namespace
}  // namespace orch::nodeagent

#include "services/nodeagent/tasks/output_relay.h"

#include <utility>
#include <vector>

#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "base/process/process_spec.h"
#include "base/utf8.h"
#include "gtest/gtest.h"

namespace orch::nodeagent {
namespace {

constexpr char kJob[] = "a";

class OutputRelayTest : public testing::Test {
 protected:
  OutputRelayTest()
      : executor_(&clock_), relay_(&executor_, [this](const std::string& attempt_id, v1::OutputChunk chunk) {
          jobs_.push_back(attempt_id);
          chunks_.push_back(std::move(chunk));
        }) {
    relay_.SetAllowed(true);
  }

  // The bytes sent of one stream; each chunk must begin where the one before it ended, plus its gap.
  std::string Sent(v1::OutputChunk::Stream stream, uint64_t* gaps = nullptr) const {
    std::string all;
    uint64_t next = 0, missing = 0;
    for (const v1::OutputChunk& chunk : chunks_) {
      if (chunk.stream() != stream) continue;
      EXPECT_EQ(chunk.offset(), next + chunk.gap());
      next = chunk.offset() + chunk.data().size();
      missing += chunk.gap();
      all += chunk.data();
    }
    if (gaps != nullptr) *gaps = missing;
    return all;
  }

  ManualClock clock_;
  ManualExecutor executor_;
  std::vector<std::string> jobs_;
  std::vector<v1::OutputChunk> chunks_;
  OutputRelay relay_;
};

TEST_F(OutputRelayTest, SendsPiecesAsTheyComeWithOffsetsOfEachStream) {
  relay_.Begin(kJob);
  relay_.Add(kJob, ProcessStream::kOut, "one\n");
  executor_.RunUntilIdle();
  ASSERT_EQ(chunks_.size(), 1u);
  relay_.Add(kJob, ProcessStream::kErr, "oops\n");
  relay_.Add(kJob, ProcessStream::kOut, "two\n");
  relay_.Add(kJob, ProcessStream::kOut, "three\n");
  executor_.RunUntilIdle();
  EXPECT_EQ(chunks_.size(), 3u);
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT), "one\ntwo\nthree\n");
  EXPECT_EQ(Sent(v1::OutputChunk::STDERR), "oops\n");
}

TEST_F(OutputRelayTest, CutsWhatIsLong) {
  relay_.Begin(kJob);
  const std::string text(OutputRelay::kMaxChunkBytes * 2 + 10, 'x');
  relay_.Add(kJob, ProcessStream::kOut, text);
  executor_.RunUntilIdle();
  ASSERT_EQ(chunks_.size(), 3u);
  EXPECT_EQ(chunks_[2].data().size(), 10u);
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT), text);
}

TEST_F(OutputRelayTest, HoldsWhileNothingMayBeSentAndCountsWhatItLeavesOut) {
  relay_.Begin(kJob);
  relay_.SetAllowed(false);
  const std::string text(OutputRelay::kMaxStreamBytes, 'a');
  relay_.Add(kJob, ProcessStream::kOut, text);
  relay_.Add(kJob, ProcessStream::kOut, "left out");
  executor_.Advance(OutputRelay::kPause * 3);
  EXPECT_TRUE(chunks_.empty());
  EXPECT_EQ(relay_.held(), text.size());
  relay_.SetAllowed(true);
  executor_.Advance(OutputRelay::kPause);
  EXPECT_EQ(relay_.held(), 0u);
  relay_.Add(kJob, ProcessStream::kOut, "again");
  executor_.RunUntilIdle();
  uint64_t gaps = 0;
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT, &gaps), text + "again");
  EXPECT_EQ(gaps, 8u);
}

TEST_F(OutputRelayTest, SendsWhatIsHeldOnceItMayWithoutAnotherPiece) {
  relay_.SetAllowed(false);
  relay_.Begin(kJob);
  relay_.Add(kJob, ProcessStream::kOut, "held");
  executor_.RunUntilIdle();
  EXPECT_TRUE(chunks_.empty());
  relay_.SetAllowed(true);
  executor_.RunUntilIdle();
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT), "held");
}

TEST_F(OutputRelayTest, HoldsNoMoreThanItsBoundHoweverManyTasksPrint) {
  relay_.SetAllowed(false);
  const std::string text(OutputRelay::kMaxStreamBytes, 'a');
  for (int task = 0; task < 100; ++task) {
    relay_.Begin(std::to_string(task));
    relay_.Add(std::to_string(task), ProcessStream::kOut, text);
  }
  EXPECT_EQ(relay_.held(), OutputRelay::kMaxBytes);
}

TEST_F(OutputRelayTest, TakesTurnsBetweenTasks) {
  const std::string text(OutputRelay::kMaxChunkBytes * 2, 'x');
  for (const char* job : {"a", "b", "c"}) {
    relay_.Begin(job);
    relay_.Add(job, ProcessStream::kOut, text);
  }
  executor_.RunUntilIdle();
  EXPECT_EQ(jobs_, (std::vector<std::string>{"a", "b", "c", "a", "b", "c"}));
}

TEST_F(OutputRelayTest, EndsWithTheRestAndSaysWhatIsMissing) {
  relay_.Begin(kJob);
  relay_.SetAllowed(false);
  const std::string text(OutputRelay::kMaxStreamBytes, 'a');
  relay_.Add(kJob, ProcessStream::kOut, text);
  relay_.Add(kJob, ProcessStream::kOut, "12345");
  relay_.Add(kJob, ProcessStream::kErr, "last words");
  relay_.End(kJob);
  uint64_t gaps = 0;
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT, &gaps), text);
  EXPECT_EQ(gaps, 5u);
  EXPECT_EQ(Sent(v1::OutputChunk::STDERR, &gaps), "last words");
  EXPECT_EQ(gaps, 0u);
  EXPECT_EQ(relay_.held(), 0u);
}

TEST_F(OutputRelayTest, TakesNothingBeforeTheBeginNorAfterTheEnd) {
  relay_.Add(kJob, ProcessStream::kOut, "early");
  relay_.Begin(kJob);
  relay_.End(kJob);
  relay_.Add(kJob, ProcessStream::kOut, "late");
  executor_.RunUntilIdle();
  EXPECT_TRUE(chunks_.empty());
}

TEST_F(OutputRelayTest, CountsAJumpAsAGapButNotTheStartOfATaskTakenOver) {
  relay_.Begin(kJob, /*taken_over=*/true);
  relay_.AddAt(kJob, ProcessStream::kOut, 1000, "abc");
  relay_.AddAt(kJob, ProcessStream::kOut, 1000, "abc");  // known
  executor_.RunUntilIdle();
  relay_.AddAt(kJob, ProcessStream::kOut, 1010, "def");
  relay_.AddAt(kJob, ProcessStream::kOut, 1020, "");  // so far it went
  relay_.End(kJob);
  ASSERT_EQ(chunks_.size(), 3u);
  EXPECT_EQ(chunks_[0].gap(), 0u);
  EXPECT_EQ(chunks_[0].data(), "abc");
  EXPECT_EQ(chunks_[1].gap(), 7u);
  EXPECT_EQ(chunks_[1].data(), "def");
  EXPECT_EQ(chunks_[2].gap(), 7u);
  EXPECT_EQ(chunks_[2].data(), "");
}

TEST_F(OutputRelayTest, AChunkNeverEndsInsideACharacter) {
  relay_.Begin(kJob);
  const std::string text = "aä€😀z";
  for (size_t cut = 1; cut < text.size(); ++cut) {
    for (const absl::string_view piece :
         {absl::string_view(text).substr(0, cut), absl::string_view(text).substr(cut)}) {
      relay_.Add(kJob, ProcessStream::kOut, piece);
      executor_.RunUntilIdle();
    }
  }
  std::string wanted;
  for (size_t cut = 1; cut < text.size(); ++cut) wanted += text;
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT), wanted);
  for (const v1::OutputChunk& chunk : chunks_) EXPECT_EQ(UnfinishedTail(chunk.data()), 0u) << chunk.data();
}

TEST_F(OutputRelayTest, LongTextIsCutBetweenCharacters) {
  relay_.Begin(kJob);
  std::string text = "x";
  while (text.size() < OutputRelay::kMaxChunkBytes * 3) text += "€";
  relay_.Add(kJob, ProcessStream::kOut, text);
  executor_.RunUntilIdle();
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT), text);
  EXPECT_EQ(chunks_.size(), 4u);
  for (const v1::OutputChunk& chunk : chunks_) EXPECT_EQ(UnfinishedTail(chunk.data()), 0u);
}

TEST_F(OutputRelayTest, HalfACharacterGoesWhenItsStreamIsSilentOrEnds) {
  relay_.Begin(kJob);
  relay_.Add(kJob, ProcessStream::kOut, "a\xe2\x82");
  executor_.RunUntilIdle();
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT), "a");
  executor_.Advance(OutputRelay::kSilence * 2);
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT), "a\xe2\x82");
  relay_.Add(kJob, ProcessStream::kOut, "b\xf0");
  relay_.Add(kJob, ProcessStream::kErr, "\xc3");
  executor_.RunUntilIdle();
  relay_.End(kJob);
  uint64_t gaps = 0;
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT, &gaps),
            "a\xe2\x82"
            "b\xf0");
  EXPECT_EQ(Sent(v1::OutputChunk::STDERR), "\xc3");
  EXPECT_EQ(gaps, 0u);
  EXPECT_EQ(relay_.held(), 0u);
}

TEST_F(OutputRelayTest, BytesThatAreNoTextAreNotWaitedFor) {
  relay_.Begin(kJob);
  relay_.Add(kJob, ProcessStream::kOut, "\xff\xfe\xc0\x80\x80");
  executor_.RunUntilIdle();
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT), "\xff\xfe\xc0\x80\x80");
}

TEST_F(OutputRelayTest, WhatAGapLeavesOfACharacterBelongsToTheGap) {
  relay_.Begin(kJob);
  relay_.AddAt(kJob, ProcessStream::kOut, 0, "ab\xe2");  // of a €, whose rest is lost
  executor_.RunUntilIdle();
  relay_.AddAt(kJob, ProcessStream::kOut, 10,
               "\xac"
               "cd");
  executor_.RunUntilIdle();
  uint64_t gaps = 0;
  EXPECT_EQ(Sent(v1::OutputChunk::STDOUT, &gaps), "abcd");
  EXPECT_EQ(gaps, 9u);
  EXPECT_EQ(relay_.End(kJob)[0], 13u);
}

}  // namespace
}  // namespace orch::nodeagent

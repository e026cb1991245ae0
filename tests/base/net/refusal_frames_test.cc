#include "base/net/refusal_frames.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "base/net/frame_guard.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

TEST(RefusalFramesTest, APeerReadsWhyItIsTurnedAwayHoweverTheBytesCome) {
  const std::string frames = MakeRefusal("this identity has 2 connections open");
  for (size_t size = 0; size < frames.size(); ++size) {
    EXPECT_EQ(ReadRefusal(frames.substr(0, size)).kind, Refused::Kind::kUnknown) << size;
  }
  EXPECT_EQ(ReadRefusal(frames).kind, Refused::Kind::kYes);
  EXPECT_EQ(ReadRefusal(frames).why, "this identity has 2 connections open");
  EXPECT_EQ(ReadRefusal(absl::StrCat(frames, "more")).kind, Refused::Kind::kYes);
}

TEST(RefusalFramesTest, AReasonIsCutToItsBoundAndMadePrintable) {
  const std::string frames = MakeRefusal(std::string(5000, 'x'));
  EXPECT_EQ(frames.size(), kMaxRefusalBytes);
  EXPECT_EQ(ReadRefusal(frames).kind, Refused::Kind::kYes);
  EXPECT_EQ(ReadRefusal(MakeRefusal("")).kind, Refused::Kind::kYes);
  EXPECT_EQ(ReadRefusal(MakeRefusal("a\x1b[2J\n")).why, "a\\x1b[2J\\n");
}

// What a gRPC server says first: settings of its own, then more settings or a window update.
TEST(RefusalFramesTest, AHubThatTakesItsPeerInIsNoRefusal) {
  const std::string settings("\0\0\x06\4\0\0\0\0\0\0\4\0\x40\0\0", 15);
  EXPECT_EQ(ReadRefusal(settings).kind, Refused::Kind::kNo);
  const std::string empty("\0\0\0\4\0\0\0\0\0", 9);
  EXPECT_EQ(ReadRefusal(absl::StrCat(empty, settings)).kind, Refused::Kind::kNo);
  EXPECT_EQ(ReadRefusal("HTTP/1.1 400").kind, Refused::Kind::kNo);
}

TEST(RefusalFramesTest, AGoawayOfAnotherSizeThanOursIsNoRefusal) {
  std::string frames = MakeRefusal("why");
  frames[9] = 1;  // a length beyond 64 KiB
  EXPECT_EQ(ReadRefusal(frames).kind, Refused::Kind::kNo);
  frames = MakeRefusal("why");
  frames[11] = 7;  // shorter than the fixed part
  EXPECT_EQ(ReadRefusal(frames).kind, Refused::Kind::kNo);
}

TEST(RefusalFramesTest, ThePeersOwnGuardLetsThemPass) {
  FrameGuard guard(FrameGuard::From::kServer);
  EXPECT_TRUE(guard.Weigh(MakeRefusal("why"), absl::Seconds(1)).ok());
}

}  // namespace
}  // namespace orch

#include "services/hub/door/poller.h"

#include <sys/socket.h>
#include <unistd.h>

#include "base/unique_fd.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

class PollerTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(poller_.Open().ok());
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    ours_ = UniqueFd(pair[0]);
    theirs_ = UniqueFd(pair[1]);
  }

  Poller poller_;
  UniqueFd ours_, theirs_;
};

TEST_F(PollerTest, TellsEachEdgeOnceUnderItsSideAndNumber) {
  const uint64_t number = (uint64_t{1} << 61) + 5;
  poller_.WatchSocket(ours_.get(), Poller::Side::kPair, number, Poller::Interest::kAll);
  ASSERT_EQ(poller_.Wait(absl::ZeroDuration()).size(), 1u);  // writable from the start
  EXPECT_TRUE(poller_.Wait(absl::ZeroDuration()).empty());
  ASSERT_EQ(write(theirs_.get(), "a", 1), 1);
  const auto events = poller_.Wait(absl::Seconds(5));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].side, Poller::Side::kPair);
  EXPECT_EQ(events[0].number, number);
  EXPECT_TRUE(events[0].readable);
  EXPECT_FALSE(events[0].hang_up);
  EXPECT_TRUE(poller_.Wait(absl::ZeroDuration()).empty());
}

TEST_F(PollerTest, TellsThatTheOtherSideHungUp) {
  poller_.WatchSocket(ours_.get(), Poller::Side::kNet, 1, Poller::Interest::kAll);
  theirs_.Reset();
  const auto events = poller_.Wait(absl::Seconds(5));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(events[0].hang_up);
}

TEST_F(PollerTest, ASocketPairOfWhichOnlyTheIncomingIsAskedTellsNoRoom) {
  poller_.WatchSocket(ours_.get(), Poller::Side::kPair, 1, Poller::Interest::kIncoming);
  char byte;
  ASSERT_EQ(write(ours_.get(), "a", 1), 1);
  ASSERT_EQ(read(theirs_.get(), &byte, 1), 1);
  EXPECT_TRUE(poller_.Wait(absl::ZeroDuration()).empty());
  ASSERT_EQ(write(theirs_.get(), "a", 1), 1);
  EXPECT_EQ(poller_.Wait(absl::ZeroDuration()).size(), 1u);
}

TEST_F(PollerTest, RoomThatThereIsAlreadyIsToldToWhoeverAsksForIt) {
  poller_.WatchSocket(ours_.get(), Poller::Side::kPair, 1, Poller::Interest::kIncoming);
  poller_.ChangeInterest(ours_.get(), Poller::Side::kPair, 1, Poller::Interest::kAll);
  const auto events = poller_.Wait(absl::ZeroDuration());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(events[0].writable);
}

TEST_F(PollerTest, ASocketOfWhichOnlyTheEndIsAskedTellsNothingElse) {
  poller_.WatchSocket(ours_.get(), Poller::Side::kNet, 1, Poller::Interest::kAll);
  poller_.ChangeInterest(ours_.get(), Poller::Side::kNet, 1, Poller::Interest::kEnd);
  ASSERT_EQ(write(theirs_.get(), "a", 1), 1);
  EXPECT_TRUE(poller_.Wait(absl::ZeroDuration()).empty());
  theirs_.Reset();
  const auto events = poller_.Wait(absl::Seconds(5));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(events[0].hang_up);
}

TEST_F(PollerTest, AForgottenSocketIsNotTold) {
  poller_.WatchSocket(ours_.get(), Poller::Side::kNet, 1, Poller::Interest::kAll);
  poller_.Forget(ours_.get());
  theirs_.Reset();
  EXPECT_TRUE(poller_.Wait(absl::ZeroDuration()).empty());
}

TEST_F(PollerTest, AWakeEndsTheNextWaitAndIsNoEvent) {
  poller_.Wake();
  EXPECT_TRUE(poller_.Wait(absl::Minutes(1)).empty());
  EXPECT_TRUE(poller_.Wait(absl::ZeroDuration()).empty());
}

}  // namespace
}  // namespace orch::hub

#include "base/net/socket_side.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "gtest/gtest.h"

namespace orch {
namespace {

using Received = SocketSide::Received;

class SocketSideTest : public testing::Test {
 protected:
  void SetUp() override {
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    side_ = SocketSide(UniqueFd(pair[0]));
    other_ = UniqueFd(pair[1]);
  }
  // Everything that has come to the other side.
  std::string TakeAll() {
    std::string all;
    char bytes[4096];
    for (ssize_t got; (got = read(other_.get(), bytes, sizeof bytes)) > 0;) all.append(bytes, static_cast<size_t>(got));
    return all;
  }

  SocketSide side_;
  UniqueFd other_;
  char bytes_[8];
  size_t size_ = 0;
};

TEST_F(SocketSideTest, ReceivesUntilTheSocketIsEmptyAndThenWaitsForAnEdge) {
  ASSERT_EQ(write(other_.get(), "twelve bytes", 12), 12);
  side_.OnReady(true, false, false);
  EXPECT_EQ(side_.Receive(bytes_, sizeof bytes_, &size_), Received::kBytes);
  EXPECT_EQ(std::string(bytes_, size_), "twelve b");
  EXPECT_TRUE(side_.readable());
  EXPECT_EQ(side_.Receive(bytes_, sizeof bytes_, &size_), Received::kBytes);
  EXPECT_EQ(std::string(bytes_, size_), "ytes");
  EXPECT_FALSE(side_.readable());
  EXPECT_TRUE(side_.AwaitsRead());
  EXPECT_EQ(side_.Receive(bytes_, sizeof bytes_, &size_), Received::kNothing);
}

TEST_F(SocketSideTest, AfterAHangUpItIsReadUntilTheEndShows) {
  ASSERT_EQ(write(other_.get(), "abc", 3), 3);
  other_.Reset();
  side_.OnReady(true, false, true);
  EXPECT_EQ(side_.Receive(bytes_, sizeof bytes_, &size_), Received::kBytes);
  EXPECT_TRUE(side_.readable());
  EXPECT_EQ(side_.Receive(bytes_, sizeof bytes_, &size_), Received::kEnd);
  EXPECT_TRUE(side_.ended());
  EXPECT_FALSE(side_.AwaitsRead());
}

TEST_F(SocketSideTest, KeepsWhatTheSocketDoesNotTakeAndSendsItInOrder) {
  const std::string sent(2u << 20, 'x');
  ASSERT_TRUE(side_.Send(sent));
  ASSERT_TRUE(side_.Send("end"));
  EXPECT_GT(side_.unsent(), 3u);
  EXPECT_TRUE(side_.AwaitsWrite());
  std::string all;
  for (int i = 0; i < 1000 && side_.unsent() > 0; ++i) {
    all += TakeAll();
    side_.OnReady(false, true, false);
    ASSERT_TRUE(side_.Flush());
  }
  all += TakeAll();
  EXPECT_TRUE(all == sent + "end");
}

TEST_F(SocketSideTest, SaysThatNobodyReadsAnyMore) {
  ASSERT_TRUE(side_.Send(std::string(2u << 20, 'x')));
  other_.Reset();
  side_.OnReady(false, true, true);
  EXPECT_FALSE(side_.Flush());
  side_.DropUnsent();
  side_.OnReady(false, true, false);
  EXPECT_FALSE(side_.Send("more"));
  EXPECT_EQ(side_.unsent(), 0u);
}

}  // namespace
}  // namespace orch

#include "services/hub/door/lingering_closes.h"

#include <sys/socket.h>

#include <utility>

#include "base/unique_fd.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

class LingeringClosesTest : public testing::Test {
 protected:
  static constexpr absl::Duration kNow = absl::Hours(5);

  // Lingers one end of a pair and returns the other, the peer's.
  UniqueFd Linger() {
    int pair[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    EXPECT_EQ(send(pair[0], "bye", 3, 0), 3);
    lingering_.Add(UniqueFd(pair[0]), kNow);
    return UniqueFd(pair[1]);
  }

  LingeringCloses lingering_{2};
};

TEST_F(LingeringClosesTest, ThePeerReadsTheLastWordsAndTheEnd) {
  const UniqueFd peer = Linger();
  char text[8];
  EXPECT_EQ(recv(peer.get(), text, sizeof text, 0), 3);
  EXPECT_EQ(recv(peer.get(), text, sizeof text, 0), 0);
}

TEST_F(LingeringClosesTest, WhatThePeerSendsIsDiscardedUntilItsTimeIsOver) {
  const UniqueFd peer = Linger();
  EXPECT_EQ(send(peer.get(), "more", 4, MSG_NOSIGNAL), 4);
  lingering_.Sweep(kNow + absl::Milliseconds(100));
  EXPECT_FALSE(lingering_.empty());
  EXPECT_EQ(send(peer.get(), "more", 4, MSG_NOSIGNAL), 4);
  lingering_.Sweep(kNow + LingeringCloses::kLinger);
  EXPECT_TRUE(lingering_.empty());
  EXPECT_EQ(send(peer.get(), "more", 4, MSG_NOSIGNAL), -1);
}

TEST_F(LingeringClosesTest, IsBoundedInNumber) {
  EXPECT_FALSE(lingering_.full());
  const UniqueFd first = Linger();
  EXPECT_FALSE(lingering_.full());
  const UniqueFd second = Linger();
  EXPECT_TRUE(lingering_.full());
}

}  // namespace
}  // namespace orch::hub

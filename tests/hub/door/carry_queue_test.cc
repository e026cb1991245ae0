#include "services/hub/door/carry_queue.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/hub/door/fake_connections.h"

namespace orch::hub {
namespace {

class CarryQueueTest : public testing::Test {
 protected:
  std::vector<Connection*> Turn(absl::Duration now = kNow) {
    std::vector<Connection*> carried;
    queue_.Turn(now, [&](Connection* connection) { carried.push_back(connection); });
    return carried;
  }

  ConnectionTable connections_;
  CarryQueue queue_{&connections_};
};

TEST_F(CarryQueueTest, WaitsForNothingWhenNobodyIsQueued) {
  EXPECT_EQ(queue_.Wait(), absl::InfiniteDuration());
  EXPECT_TRUE(Turn().empty());
}

TEST_F(CarryQueueTest, EachBusyConnectionHasOneTurn) {
  Connection* const first = AddConnection(&connections_, kNow);
  Connection* const second = AddConnection(&connections_, kNow);
  queue_.AddBusy(first);
  queue_.AddBusy(second);
  queue_.AddBusy(first);
  EXPECT_EQ(queue_.Wait(), absl::ZeroDuration());
  EXPECT_EQ(Turn(), (std::vector<Connection*>{first, second}));
  EXPECT_EQ(queue_.Wait(), absl::InfiniteDuration());
}

TEST_F(CarryQueueTest, WhoIsStillBusyComesAgainInTheNextTurn) {
  Connection* const connection = AddConnection(&connections_, kNow);
  queue_.AddBusy(connection);
  int carried = 0;
  queue_.Turn(kNow, [&](Connection* busy) {
    ++carried;
    queue_.AddBusy(busy);
  });
  EXPECT_EQ(carried, 1);
  EXPECT_EQ(Turn(), std::vector<Connection*>{connection});
}

TEST_F(CarryQueueTest, WhoHasGoneHasNoTurn) {
  Connection* const busy = AddConnection(&connections_, kNow);
  Connection* const paused = AddConnection(&connections_, kNow);
  GiveVisitor(paused, "deploy");
  queue_.AddBusy(busy);
  queue_.AddPaused(paused);
  connections_.Retire(busy);
  connections_.Retire(paused);
  EXPECT_TRUE(Turn().empty());
  EXPECT_EQ(queue_.Wait(), absl::InfiniteDuration());
}

TEST_F(CarryQueueTest, APausedConnectionGoesOnOnceItsIdentityHasPaid) {
  Connection* const connection = AddConnection(&connections_, kNow);
  Share* const share = GiveVisitor(connection, "deploy");
  share->PayBytes(ClientShare().byte_burst + ClientShare().bytes_per_second, kNow);
  queue_.AddPaused(connection);
  queue_.AddPaused(connection);
  EXPECT_EQ(queue_.Wait(), CarryQueue::kLookAtPaused);
  EXPECT_TRUE(Turn().empty());
  EXPECT_EQ(queue_.Wait(), CarryQueue::kLookAtPaused);
  EXPECT_EQ(Turn(kNow + absl::Seconds(1.1)), std::vector<Connection*>{connection});
  EXPECT_EQ(queue_.Wait(), absl::InfiniteDuration());
}

}  // namespace
}  // namespace orch::hub

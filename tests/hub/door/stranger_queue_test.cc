#include "services/hub/door/stranger_queue.h"

#include "gtest/gtest.h"
#include "tests/hub/door/fake_connections.h"

namespace orch::hub {
namespace {

class StrangerQueueTest : public testing::Test {
 protected:
  Connection* Come() {
    Connection* const stranger = AddConnection(&connections_, kNow);
    room_.Add(stranger);
    return stranger;
  }

  SourceTable sources_;
  ConnectionTable connections_;
  WaitingRoom room_{&sources_, /*most=*/2, /*most_of_network=*/2};
  StrangerQueue queue_{&connections_, &room_};
};

TEST_F(StrangerQueueTest, StrangersAreMetOnceInTheOrderInWhichTheySpoke) {
  Connection* const first = Come();
  Connection* const second = Come();
  EXPECT_EQ(queue_.Next(), nullptr);
  queue_.OnSpoke(second);
  queue_.OnSpoke(first);
  queue_.OnSpoke(second);
  EXPECT_FALSE(queue_.nobody_spoke());
  EXPECT_EQ(queue_.Next(), second);
  EXPECT_EQ(queue_.Next(), first);
  EXPECT_EQ(queue_.Next(), nullptr);
  queue_.OnSpoke(second);
  EXPECT_EQ(queue_.Next(), second);
}

TEST_F(StrangerQueueTest, WhoHasGoneIsPassedOver) {
  Connection* const gone = Come();
  Connection* const here = Come();
  queue_.OnSpoke(gone);
  queue_.OnSpoke(here);
  connections_.Retire(gone);
  connections_.Bury();
  EXPECT_EQ(queue_.Next(), here);
}

TEST_F(StrangerQueueTest, NewcomersComeInOnceForEachNotice) {
  EXPECT_FALSE(queue_.BeginNewcomers());
  queue_.OnNewcomers();
  EXPECT_TRUE(queue_.newcomers_wait());
  EXPECT_TRUE(queue_.BeginNewcomers());
  queue_.EndNewcomers();
  EXPECT_FALSE(queue_.newcomers_wait());
  EXPECT_FALSE(queue_.BeginNewcomers());
}

TEST_F(StrangerQueueTest, WhoHasSpokenIsMetBeforeTheNextNewcomersComeIn) {
  queue_.OnSpoke(Come());
  queue_.OnNewcomers();
  ASSERT_TRUE(queue_.BeginNewcomers());
  queue_.EndNewcomers();
  queue_.OnNewcomers();
  EXPECT_FALSE(queue_.BeginNewcomers());
  EXPECT_TRUE(queue_.newcomers_wait());
  // Who speaks later does not hold newcomers up.
  Connection* const late = Come();
  queue_.OnSpoke(late);
  queue_.Next();
  EXPECT_TRUE(queue_.BeginNewcomers());
}

TEST_F(StrangerQueueTest, InAFullRoomTheOldestIsLeftTimeForFirstWords) {
  Connection* const oldest = Come();
  EXPECT_FALSE(queue_.NewcomersMustStayOut(kNow));
  Come();
  EXPECT_TRUE(queue_.NewcomersMustStayOut(kNow));
  EXPECT_FALSE(queue_.NewcomersMustStayOut(kNow + StrangerQueue::kStay));
  queue_.OnSpoke(oldest);
  EXPECT_TRUE(queue_.NewcomersMustStayOut(kNow + StrangerQueue::kStay));
  queue_.Next();
  EXPECT_FALSE(queue_.NewcomersMustStayOut(kNow + StrangerQueue::kStay));
}

}  // namespace
}  // namespace orch::hub

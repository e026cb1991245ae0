#include "services/hub/door/stranger_queue.h"

#include "base/random.h"
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
  SystemRandom random_;
  StrangerQueue queue_{&connections_, &room_, &random_};
};

TEST_F(StrangerQueueTest, StrangersAreMetOnceInTheOrderInWhichTheySpoke) {
  Connection* const first = Come();
  Connection* const second = Come();
  EXPECT_EQ(queue_.Next(), nullptr);
  queue_.OnSpoke(second);
  queue_.OnSpoke(first);
  queue_.OnSpoke(second);
  EXPECT_FALSE(queue_.nobody_waits());
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

TEST_F(StrangerQueueTest, WhoNeedsASignatureHasAQueueOfHisOwnAndHoldsNobodyUp) {
  Connection* const costly = Come();
  Connection* const next = Come();
  EXPECT_EQ(queue_.NextToSign(), nullptr);
  queue_.OnMustSign(costly);
  queue_.OnMustSign(next);
  EXPECT_FALSE(queue_.nobody_waits());
  queue_.OnSpoke(costly);  // more of its bytes change nothing
  EXPECT_EQ(queue_.Next(), nullptr);
  EXPECT_EQ(queue_.NextToSign(), nullptr) << "not due";
  queue_.BeginTurn();
  Connection* const chosen = queue_.NextToSign();  // by chance, because the room is full
  EXPECT_TRUE(chosen == costly || chosen == next);
  EXPECT_EQ(queue_.NextToSign(), nullptr) << "one a turn";
  queue_.OnSpoke(chosen);  // its answer
  EXPECT_EQ(queue_.Next(), chosen);
  for (Connection* each : {costly, next, next}) queue_.OnGone(each);
  queue_.BeginTurn();
  EXPECT_EQ(queue_.NextToSign(), nullptr);
  EXPECT_TRUE(queue_.nobody_waits());
}

TEST_F(StrangerQueueTest, WhereThereIsRoomTheFirstIsSignedForFirst) {
  Connection* const first = Come();
  queue_.OnMustSign(first);
  queue_.OnMustSign(AddConnection(&connections_, kNow));
  queue_.BeginTurn();
  EXPECT_EQ(queue_.NextToSign(), first);
}

TEST_F(StrangerQueueTest, WhileNewcomersWaitTheirNumberSaysHowManySignaturesAreDue) {
  queue_.OnMustSign(Come());
  queue_.OnMustSign(Come());
  queue_.OnNewcomers();
  queue_.BeginTurn();
  EXPECT_EQ(queue_.NextToSign(), nullptr);
  for (int i = 0; i <= StrangerQueue::kNewcomersASignature; ++i) queue_.OnCame();
  queue_.BeginTurn();
  EXPECT_NE(queue_.NextToSign(), nullptr);
  EXPECT_EQ(queue_.NextToSign(), nullptr);
}

TEST_F(StrangerQueueTest, ManyWhoCameBeforeMakeNoLongTurn) {
  for (int i = 0; i < 1000 * StrangerQueue::kNewcomersASignature; ++i) queue_.OnCame();
  for (int i = 0; i < 20; ++i) queue_.OnMustSign(AddConnection(&connections_, kNow));
  queue_.BeginTurn();
  int signed_for = 0;
  while (queue_.NextToSign() != nullptr) ++signed_for;
  EXPECT_EQ(signed_for, 4);
}

TEST_F(StrangerQueueTest, WhoNeedsASignatureMayBePushedOutByNewcomers) {
  queue_.OnMustSign(Come());
  Come();
  EXPECT_FALSE(queue_.NewcomersMustStayOut(kNow + StrangerQueue::kStay));
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

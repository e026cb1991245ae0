#include "services/hub/door/waiting_room.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/unique_fd.h"
#include "gtest/gtest.h"
#include "tests/hub/door/fake_connections.h"

namespace orch::hub {
namespace {

constexpr size_t kMost = 20, kMostOfNetwork = 5;

class WaitingRoomTest : public testing::Test {
 protected:
  Connection* Come(const std::string& network) {
    Connection::Origin origin;
    origin.network = network;
    all_.push_back(std::make_unique<Connection>(all_.size(), UniqueFd(), std::move(origin), kNow));
    room_.Add(all_.back().get());
    return all_.back().get();
  }
  // Comes as the door lets it: whoever is in the way goes first. Returns those who went.
  std::vector<Connection*> Enter(const std::string& network) {
    std::vector<Connection*> gone;
    while (Connection* surplus = room_.Surplus(network, kNow)) {
      room_.Remove(surplus);
      gone.push_back(surplus);
      if (gone.size() > kMost) break;
    }
    Come(network);
    return gone;
  }

  SourceTable sources_;
  WaitingRoom room_{&sources_, kMost, kMostOfNetwork};
  std::vector<std::unique_ptr<Connection>> all_;
};

TEST_F(WaitingRoomTest, KeepsTheOrderInWhichTheyCame) {
  EXPECT_EQ(room_.oldest(), nullptr);
  Connection* a = Come("a");
  Connection* b = Come("b");
  Connection* c = Come("a");
  EXPECT_EQ(room_.oldest(), a);
  room_.Remove(b);
  room_.Remove(a);
  EXPECT_EQ(room_.oldest(), c);
  EXPECT_EQ(room_.size(), 1u);
  room_.Remove(c);
  EXPECT_EQ(room_.Surplus("a", kNow), nullptr);
}

TEST_F(WaitingRoomTest, WhoSaysNothingInTimeIsOverdueTheOldestFirst) {
  Connection* const first = Come("a");
  Connection* const second = Come("b");
  EXPECT_EQ(room_.Overdue(kNow + WaitingRoom::kHelloWithin - absl::Nanoseconds(1)), nullptr);
  EXPECT_EQ(room_.Overdue(kNow + WaitingRoom::kHelloWithin), first);
  room_.Remove(first);
  EXPECT_EQ(room_.Overdue(kNow + WaitingRoom::kHelloWithin), second);
}

TEST_F(WaitingRoomTest, WhoseKeyFitsHasTheTimeOfAHandshake) {
  Connection* const seated = Come("a");
  room_.Seat(seated);
  EXPECT_EQ(room_.Overdue(kNow + WaitingRoom::kHelloWithin), nullptr);
  EXPECT_EQ(room_.Overdue(kNow + WaitingRoom::kProveWithin), seated);
}

TEST_F(WaitingRoomTest, OneNetworkTakesItsOwnShareAndPushesOutItsOwnOldest) {
  Connection* first = Come("flood");
  Connection* other = Come("other");
  for (size_t i = 1; i < kMostOfNetwork; ++i) EXPECT_TRUE(Enter("flood").empty());
  EXPECT_EQ(Enter("flood"), std::vector<Connection*>{first});
  for (int i = 0; i < 100; ++i) EXPECT_EQ(Enter("flood").size(), 1u);
  EXPECT_EQ(room_.size(), kMostOfNetwork + 1);
  EXPECT_EQ(room_.oldest(), other) << "nobody else was touched";
}

TEST_F(WaitingRoomTest, LoopbackMayFillTheRoomAndThenLosesItsOldest) {
  Connection* first = Come("loopback");
  while (room_.size() < kMost) EXPECT_TRUE(Enter("loopback").empty());
  EXPECT_EQ(Enter("loopback"), std::vector<Connection*>{first});
  EXPECT_EQ(room_.size(), kMost);
}

TEST_F(WaitingRoomTest, WhenItIsFullTheNetworkWithMostLosesItsOldestAndTheNewcomerStays) {
  Connection* first = Come("big");
  for (int i = 1; i < 5; ++i) Come("big");
  for (int i = 0; room_.size() < kMost; ++i) Come(absl::StrCat("small", i));
  const std::vector<Connection*> gone = Enter("new");
  EXPECT_EQ(gone, std::vector<Connection*>{first});
  EXPECT_EQ(room_.size(), kMost);
  while (room_.size() > 1) room_.Remove(room_.oldest());
  EXPECT_EQ(room_.oldest()->origin().network, "new");
}

TEST_F(WaitingRoomTest, ProvenNetworksComeLastWhileStrangersHoldHalfOfTheRoom) {
  sources_.OnProven("fleet", kNow);
  for (int i = 0; i < 5; ++i) Come("fleet");
  std::vector<Connection*> strangers;
  for (int i = 0; room_.size() < kMost; ++i) strangers.push_back(Come(absl::StrCat("stranger", i)));
  for (int i = 0; i < 100; ++i) {
    const std::vector<Connection*> gone = Enter(absl::StrCat("another", i));
    ASSERT_EQ(gone.size(), 1u);
    EXPECT_NE(gone[0]->origin().network, "fleet") << i;
  }
}

TEST_F(WaitingRoomTest, WhoseKeyFitsIsNotOutrunByStrangersOfItsOwnNetwork) {
  Connection* answering = Come("office");
  room_.Seat(answering);
  room_.Seat(answering);  // says so again, and stays once
  for (size_t i = 0; i < 10 * kMost; ++i) {
    for (Connection* gone : Enter("office")) EXPECT_NE(gone, answering);
  }
  EXPECT_EQ(room_.oldest_seated(), answering);
  EXPECT_EQ(room_.size(), kMostOfNetwork + 1);
  room_.Remove(answering);
  EXPECT_EQ(room_.oldest_seated(), nullptr);
  EXPECT_EQ(room_.size(), kMostOfNetwork);
}

TEST_F(WaitingRoomTest, ThoseWhoseKeyFitsHoldHalfOfTheRoomAndNotMore) {
  std::vector<Connection*> answering;
  for (size_t i = 0; i < kMost; ++i) {
    answering.push_back(Come(absl::StrCat("fleet", i)));
    room_.Seat(answering.back());
  }
  for (size_t i = 0; 2 * (kMost - i) > kMost; ++i) {
    EXPECT_EQ(Enter(absl::StrCat("new", i)), std::vector<Connection*>{answering[i]});
  }
  const std::vector<Connection*> gone = Enter("newer");
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_FALSE(gone[0]->seated) << "now the others go";
}

TEST_F(WaitingRoomTest, WhoWasSignedForKeepsAQuarterOfTheRoomUntilHeAnswers) {
  Connection* const answering = Come("office");
  room_.AwaitAnswer(answering);
  room_.AwaitAnswer(answering);  // says so again, and stays once
  for (size_t i = 0; i < 10 * kMost; ++i) {
    for (Connection* gone : Enter("office")) EXPECT_NE(gone, answering);
  }
  std::vector<Connection*> silent;
  for (size_t i = 0; 4 * i <= kMost; ++i) {
    silent.push_back(Come(absl::StrCat("other", i)));
    room_.AwaitAnswer(silent.back());
  }
  while (room_.size() < kMost) Come("more");
  EXPECT_EQ(Enter("new"), std::vector<Connection*>{answering}) << "more than a quarter: the oldest of them goes";
  room_.Seat(silent[0]);  // his second hello names a key
  room_.Remove(silent[0]);
  EXPECT_EQ(room_.oldest_seated(), nullptr);
}

TEST_F(WaitingRoomTest, WhoWaitsForASignatureOrAnAnswerHasTheTimeOfAHandshake) {
  Connection* const waits = Come("a");
  waits->awaits_signature = true;
  Connection* const answering = Come("a");
  room_.AwaitAnswer(answering);
  EXPECT_EQ(room_.Overdue(kNow + WaitingRoom::kHelloWithin), nullptr);
  EXPECT_EQ(room_.Overdue(kNow + WaitingRoom::kProveWithin), waits);
  room_.Remove(waits);
  EXPECT_EQ(room_.Overdue(kNow + WaitingRoom::kProveWithin), answering);
}

TEST_F(WaitingRoomTest, AStormOfTheProvenLeavesStrangersTheirPlaces) {
  for (int i = 0; i < 4; ++i) sources_.OnProven(absl::StrCat("fleet", i), kNow);
  Connection* stranger = Come("stranger");
  for (int i = 0; room_.size() < kMost; ++i) Come(absl::StrCat("fleet", i % 4));
  for (int i = 0; i < 100; ++i) {
    for (Connection* gone : Enter(absl::StrCat("fleet", i % 4))) EXPECT_NE(gone, stranger);
  }
  EXPECT_EQ(room_.oldest(), stranger);
}

}  // namespace
}  // namespace orch::hub

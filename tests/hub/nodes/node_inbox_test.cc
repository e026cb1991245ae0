#include "services/hub/nodes/node_inbox.h"

#include <memory>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class NodeInboxTest : public ::testing::Test {
 protected:
  class Recorder final : public NodeInbox::Receiver {
   public:
    void Handle(const NodeInbox::Arrival& arrival) override { heard.push_back(arrival.message); }
    std::vector<std::string> heard;
  };
  void Add(const std::string& text, bool calm) {
    inbox_.Add({recorder_, NodeInbox::Arrival::Kind::kMessage, text}, calm);
  }
  // A turn of the door, and what the loop has heard after it.
  std::vector<std::string> Turn(absl::Duration after = absl::ZeroDuration()) {
    now_ += after;
    inbox_.HandOn(now_);
    loop_.RunUntilIdle();
    return recorder_->heard;
  }

  ManualClock clock_;
  ManualExecutor loop_{&clock_};
  NodeInbox inbox_{&loop_};
  std::shared_ptr<Recorder> recorder_ = std::make_shared<Recorder>();
  absl::Duration now_ = absl::Hours(5);
};

TEST_F(NodeInboxTest, WhatCameInOneTurnIsHandledInOrder) {
  Add("one", false);
  Add("two", false);
  EXPECT_THAT(recorder_->heard, IsEmpty());
  EXPECT_THAT(Turn(), ElementsAre("one", "two"));
  EXPECT_THAT(Turn(), ElementsAre("one", "two"));
}

TEST_F(NodeInboxTest, HeartbeatsWaitForEachOtherAndNotForLong) {
  Add("beat 1", true);
  EXPECT_THAT(Turn(), IsEmpty());
  Add("beat 2", true);
  EXPECT_THAT(Turn(NodeInbox::kCalmFor - absl::Milliseconds(1)), IsEmpty());
  EXPECT_THAT(Turn(absl::Milliseconds(1)), ElementsAre("beat 1", "beat 2"));
  Add("beat 3", true);
  EXPECT_THAT(Turn(), ElementsAre("beat 1", "beat 2")) << "it has a wait of its own";
}

TEST_F(NodeInboxTest, AnythingElseTakesThemAlongInOrder) {
  Add("beat", true);
  Turn();
  Add("update", false);
  EXPECT_THAT(Turn(), ElementsAre("beat", "update"));
}

TEST_F(NodeInboxTest, TheLastTurnLeavesNothing) {
  Add("beat", true);
  now_ = absl::InfiniteDuration();
  EXPECT_THAT(Turn(), ElementsAre("beat"));
}

}  // namespace
}  // namespace orch::hub

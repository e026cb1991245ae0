#include "services/hub/nodes/node_watch.h"

#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hub/fake_pool.h"
#include "tests/hub/fakes.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using Event = v1::WatchNodesResponse;

v1::Target FactTarget(const std::string& fact) {
  v1::Target target;
  auto* option = target.mutable_filter()->add_options();
  option->set_kind(v1::FilterOption::FACT);
  option->set_text(fact);
  return target;
}

class NodeWatchTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  Registry registry_{&clock_, {}};
  ManualExecutor executor_{&clock_};
  FakePool pool_{&executor_};
  Questions questions_{&registry_, &pool_, &executor_};
  NodeWatch watch_{&registry_, &questions_, &executor_, &clock_};
  CountingRandom random_;
  FakeNode stream_;
  std::shared_ptr<FakeSink<Event>> client_ = std::make_shared<FakeSink<Event>>();

  void Attach(const std::string& identity, const std::string& facts = "{}") {
    v1::Node node;
    node.set_identity(identity);
    node.set_facts_json(facts);
    ASSERT_TRUE(registry_.Attach(node, &stream_, "p", "k").ok());
    watch_.Notify(Event::NODE_CONNECTED, identity);
    executor_.RunUntilIdle();
  }
  NodeWatch::WatchId Watch(const v1::Target& target, bool present) {
    const auto id = watch_.Add(*ParseTarget(target, &random_), "client=me", present, client_);
    executor_.RunUntilIdle();
    return id;
  }
  std::vector<std::string> Seen() const {
    std::vector<std::string> seen;
    for (const Event& event : client_->responses) {
      seen.push_back(Event::Kind_Name(event.kind()) + (event.identity().empty() ? "" : " " + event.identity()));
    }
    return seen;
  }
};

TEST_F(NodeWatchTest, PresentNodesComeFirstThenChanges) {
  Attach("b");
  Attach("a");
  Watch({}, true);
  Attach("c");
  watch_.Notify(Event::NODE_CHANGED, "a");
  EXPECT_THAT(Seen(), ElementsAre("PRESENT a", "PRESENT b", "PRESENT_END", "NODE_CONNECTED c", "NODE_CHANGED a"));
}

TEST_F(NodeWatchTest, OnlyNodesOfTheTargetAreTold) {
  Watch(FactTarget("os=Debian"), false);
  Attach("a", R"({"os":"RedHat"})");
  Attach("b", R"({"os":"Debian"})");
  registry_.Detach("b", &stream_, "it was cut");
  watch_.Notify(Event::NODE_DISCONNECTED, "b");
  executor_.RunUntilIdle();
  EXPECT_THAT(Seen(), ElementsAre("NODE_CONNECTED b", "NODE_DISCONNECTED b"));
}

TEST_F(NodeWatchTest, EventsThatComeWhileTheTargetIsLookedUpKeepTheirOrder) {
  Attach("a", R"({"os":"Debian"})");
  const v1::Target target = FactTarget("os=/Deb/");
  watch_.Add(*ParseTarget(target, &random_), "client=me", /*present_first=*/true, client_);
  watch_.Notify(Event::NODE_CHANGED, "a");  // before the list is made: in it
  EXPECT_TRUE(Seen().empty()) << "nothing is matched on the loop";
  executor_.RunUntilIdle();
  pool_.parts = 0;
  watch_.Notify(Event::NODE_CHANGED, "a");
  watch_.Notify(Event::NODE_STALE, "a");
  watch_.Notify(Event::NODE_CONNECTED, "a");
  executor_.RunUntilIdle();
  EXPECT_THAT(Seen(), ElementsAre("PRESENT a", "PRESENT_END", "NODE_CHANGED a", "NODE_STALE a", "NODE_CONNECTED a"));
  EXPECT_LE(pool_.parts, 4) << "events that wait are matched at once";
}

TEST_F(NodeWatchTest, ANodeThatIsForgottenIsMatchedAsItWas) {
  Watch(FactTarget("os=Debian"), false);
  Attach("a", R"({"os":"Debian"})");
  Attach("b", R"({"os":"RedHat"})");
  for (const char* node : {"a", "b"}) {
    registry_.Detach(node, &stream_, "it was cut");
    watch_.Notify(Event::NODE_FORGOTTEN, node);
    registry_.Forget(node);
  }
  Attach("c", R"({"os":"RedHat"})");  // in the slot of one of them
  EXPECT_THAT(Seen(), ElementsAre("NODE_CONNECTED a", "NODE_FORGOTTEN a"));
}

TEST_F(NodeWatchTest, EventsWaitWhileThereIsNoRoomForTheQuestion) {
  v1::Target target;
  target.set_collective("main");
  Watch(target, false);
  pool_.full = true;
  v1::Node node;
  node.set_identity("a");
  node.add_collectives("main");
  ASSERT_TRUE(registry_.Attach(node, &stream_, "p", "k").ok());
  watch_.Notify(Event::NODE_CONNECTED, "a");
  executor_.RunUntilIdle();
  EXPECT_TRUE(Seen().empty());
  EXPECT_FALSE(client_->ended);
  pool_.full = false;
  executor_.Advance(NodeWatch::kAskAgainAfter);
  EXPECT_THAT(Seen(), ElementsAre("NODE_CONNECTED a"));
}

TEST_F(NodeWatchTest, NothingIsLookedUpForAClientThatLeft) {
  v1::Target target;
  target.set_collective("main");
  const NodeWatch::WatchId id = Watch(target, false);
  watch_.Notify(Event::NODE_CHANGED, "nobody");
  Attach("a");
  client_->ended = true;
  pool_.parts = 0;
  watch_.Notify(Event::NODE_CHANGED, "a");
  executor_.RunUntilIdle();
  EXPECT_LE(pool_.parts, 1) << "it is not even frozen";
  watch_.Remove(id);
}

TEST_F(NodeWatchTest, ASlowClientLearnsHowMuchItMissed) {
  const NodeWatch::WatchId id = Watch({}, false);
  client_->room = 1;
  Attach("a");
  Attach("b");
  Attach("c");
  EXPECT_THAT(Seen(), ElementsAre("NODE_CONNECTED a"));
  client_->room = 10;
  watch_.OnDrained(id);
  ASSERT_EQ(client_->responses.back().kind(), Event::DROPPED);
  EXPECT_EQ(client_->responses.back().dropped(), 2u);
  Attach("d");
  EXPECT_THAT(Seen(), ElementsAre("NODE_CONNECTED a", "DROPPED", "NODE_CONNECTED d"));
}

TEST_F(NodeWatchTest, NothingIsSentToAClientThatLeft) {
  const NodeWatch::WatchId id = Watch({}, false);
  watch_.Remove(id);
  Attach("a");
  EXPECT_TRUE(Seen().empty());
  EXPECT_EQ(watch_.size(), 0u);
  watch_.OnDrained(id);
}

TEST_F(NodeWatchTest, AStoppingHubEndsEveryWatch) {
  Watch({}, false);
  watch_.EndAll(absl::UnavailableError("stopping"));
  EXPECT_EQ(client_->end.code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace orch::hub

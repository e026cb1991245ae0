#include "services/hub/nodes/node_watch.h"

#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hub/fakes.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using Event = v1::WatchNodesResponse;

class NodeWatchTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  Registry registry_{&clock_, {}};
  NodeWatch watch_{&registry_, &clock_};
  CountingRandom random_;
  FakeNode stream_;
  std::shared_ptr<FakeSink<Event>> client_ = std::make_shared<FakeSink<Event>>();

  void Attach(const std::string& identity, const std::string& facts = "{}") {
    v1::Node node;
    node.set_identity(identity);
    node.set_facts_json(facts);
    ASSERT_TRUE(registry_.Attach(node, &stream_, "p", "k").ok());
    watch_.Notify(Event::NODE_CONNECTED, identity);
  }
  NodeWatch::WatchId Watch(const v1::Target& target, bool present) {
    return watch_.Add(*ParseTarget(target, &random_), present, client_);
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
  v1::Target target;
  auto* option = target.mutable_filter()->add_options();
  option->set_kind(v1::FilterOption::FACT);
  option->set_text("os=Debian");
  Watch(target, false);
  Attach("a", R"({"os":"RedHat"})");
  Attach("b", R"({"os":"Debian"})");
  registry_.Detach("b", &stream_, "it was cut");
  watch_.Notify(Event::NODE_DISCONNECTED, "b");
  EXPECT_THAT(Seen(), ElementsAre("NODE_CONNECTED b", "NODE_DISCONNECTED b"));
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

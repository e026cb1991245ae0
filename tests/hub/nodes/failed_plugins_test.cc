#include "services/hub/nodes/failed_plugins.h"

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/hub/fakes.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FailedPluginsTest : public ::testing::Test {
 protected:
  void Attach(const std::string& identity, const std::string& plugin, const std::string& reason) {
    v1::Node node;
    node.set_identity(identity);
    node.set_facts_json("{}");
    v1::PluginProblem* problem = node.add_plugin_problems();
    problem->set_plugin(plugin);
    problem->set_reason(reason);
    ASSERT_TRUE(registry_.Attach(node, &stream_, "ipv4:1", "k1").ok());
  }
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  Registry registry_{&clock_, {.max_nodes = 100}};
  DdlCache ddls_{&clock_, &executor_};
  FakeNode stream_;
};

TEST_F(FailedPluginsTest, NodesWithTheSameReasonAreCountedTogetherAndTheFirstNamed) {
  for (int i = 30; i > 0; --i) Attach(absl::StrCat("node", 100 + i), "parrot", "no program");
  Attach("node200", "parrot", "wrong syntax");
  Attach("node201", "cat", "no program");
  const std::vector<FailedPlugin> failed = CollectFailedPlugins(registry_, ddls_);
  ASSERT_THAT(failed, SizeIs(3));
  EXPECT_EQ(failed[0].plugin, "cat");
  EXPECT_EQ(failed[1].nodes, 30u);
  EXPECT_THAT(failed[1].identities, SizeIs(kMaxFailedIdentities));
  EXPECT_EQ(failed[1].identities.front(), "node101");
  EXPECT_EQ(failed[1].identities.back(), "node110");
  EXPECT_EQ(failed[2].reason, "wrong syntax");
  EXPECT_THAT(failed[2].identities, ElementsAre("node200"));
}

TEST_F(FailedPluginsTest, ADeltaReplacesTheListAndADetachedNodeDoesNotCount) {
  Attach("a", "parrot", "no program");
  Attach("b", "parrot", "no program");
  v1::Delta delta;
  delta.set_has_problems(true);
  std::vector<PluginAnnouncement> old;
  ASSERT_TRUE(registry_.Apply("a", delta, &old).ok());
  ASSERT_THAT(CollectFailedPlugins(registry_, ddls_), SizeIs(1));
  EXPECT_THAT(CollectFailedPlugins(registry_, ddls_)[0].identities, ElementsAre("b"));
  registry_.Detach("b", &stream_, "it was cut");
  EXPECT_THAT(CollectFailedPlugins(registry_, ddls_), IsEmpty());
  EXPECT_EQ(registry_.FreezeNode(*registry_.Find("b")).Describe().plugin_problems(0).reason(), "no program");
}

TEST_F(FailedPluginsTest, ADdlTheHubCannotUseIsAFailure) {
  const std::string text = R"({"metadata": {"name": "parrot"}})";
  const std::vector<PluginAnnouncement> plugins = {{"parrot", "1", Sha256(text)}};
  ddls_.Announce(0, {}, plugins);
  ddls_.Wanted(0, plugins);
  ASSERT_TRUE(ddls_.Learn(text).ok());
  const std::vector<FailedPlugin> failed = CollectFailedPlugins(registry_, ddls_);
  ASSERT_THAT(failed, SizeIs(1));
  EXPECT_EQ(failed[0].nodes, 1u);
  EXPECT_THAT(failed[0].reason, HasSubstr("the hub cannot use its DDL"));
}

TEST_F(FailedPluginsTest, WhatANodeReportsIsBounded) {
  v1::Node node;
  node.set_identity("a");
  node.set_facts_json("{}");
  for (int i = 0; i < 100; ++i) {
    v1::PluginProblem* problem = node.add_plugin_problems();
    problem->set_plugin(absl::StrCat("p", i));
    problem->set_reason(std::string(5000, 'x'));
  }
  ASSERT_TRUE(registry_.Attach(node, &stream_, "ipv4:1", "k1").ok());
  const std::vector<FailedPlugin> failed = CollectFailedPlugins(registry_, ddls_);
  EXPECT_THAT(failed, SizeIs(64));
  EXPECT_EQ(failed[0].reason.size(), 1024u);
}

}  // namespace
}  // namespace orch::hub

#include "actions/plugins/controller/controller.h"

#include "actions/catalog/builtin_catalog.h"
#include "actions/core/node_control.h"
#include "gmock/gmock.h"
#include "tests/actions/core/fake_node.h"

namespace orch::actions {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class FakeControl : public NodeControl {
 public:
  absl::Status ReloadPlugins(const std::string& only, absl::Duration) override {
    calls.push_back("reload:" + only);
    return only == "nosuch" ? absl::NotFoundError("plugin nosuch is not on this node") : absl::OkStatus();
  }
  absl::Status Exit(const std::string&) override {
    calls.push_back("exit");
    return absl::OkStatus();
  }
  std::vector<std::string> calls;
};

class ControlledNode : public FakeNode {
 public:
  NodeControl* Control() override { return control; }
  Json DaemonStats() const override {
    return {{"total", 7},    {"replies", 6}, {"validated", 5}, {"unvalidated", 4},
            {"filtered", 3}, {"passed", 2},  {"pid", 1}};
  }
  NodeControl* control = nullptr;
};

class ControllerTest : public ::testing::Test {
 protected:
  Reply Run(const std::string& action, Json inputs = Json::object()) {
    const std::shared_ptr<Plugin> plugin = BuiltinCatalog({}, &node_.clock)->Find("controller");
    Request request;
    request.plugin = "controller";
    request.action = action;
    request.inputs = std::move(inputs);
    return plugin->Run(request, {.clock = &node_.clock, .node = &node_, .timeout = absl::Seconds(10)});
  }
  ControlledNode node_;
  FakeControl control_;
};

TEST_F(ControllerTest, StatsAreTheNodesCounters) {
  EXPECT_EQ(Run("stats").data,
            (Json{{"total", 7}, {"replies", 6}, {"valid", 5}, {"invalid", 4}, {"filtered", 3}, {"passed", 2}}));
}

TEST_F(ControllerTest, TellsTheNodeWhatToDoAndSaysSo) {
  node_.control = &control_;
  EXPECT_EQ(Run("reload_agents").data["message"], "reloaded all agents");
  EXPECT_EQ(Run("reload_agent", {{"agent", "package"}}).data["message"], "reloaded package agent");
  EXPECT_EQ(Run("exit").status_code, kOk);
  EXPECT_THAT(control_.calls, ElementsAre("reload:", "reload:package", "exit"));
}

TEST_F(ControllerTest, ReloadingAPluginTheNodeHasNotFails) {
  node_.control = &control_;
  const Reply reply = Run("reload_agent", {{"agent", "nosuch"}});
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_THAT(reply.status_message, HasSubstr("nosuch is not on this node"));
}

TEST_F(ControllerTest, ANodeThatCannotBeToldAnythingSaysSo) {
  EXPECT_EQ(Run("reload_agents").status_code, kAborted);
  EXPECT_EQ(Run("exit").status_code, kAborted);
  EXPECT_EQ(Run("stats").status_code, kOk);
}

}  // namespace
}  // namespace orch::actions

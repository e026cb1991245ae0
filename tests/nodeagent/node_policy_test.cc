// A node's own policy files decide about commands that the gate has verified.
#include "services/nodeagent/gate/node_policy.h"

#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/nodeagent/config.h"
#include "services/nodeagent/gate/admission.h"
#include "tests/nodeagent/fakes.h"
#include "tests/support/temp_folder.h"

namespace orch::nodeagent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class NodePolicyTest : public ::testing::Test {
 protected:
  NodePolicyTest()
      : plugin_(std::make_shared<FakePlugin>([](const actions::Request&, const actions::Context&) {
          ADD_FAILURE() << "the action ran";
          return actions::Reply();
        })),
        state_(&clock_, {}, MakeMoment(plugin_)) {}

  void WritePolicy(const std::string& text) { folder_.Write("fake.policy", text); }
  void Open() {
    policy_ = std::make_unique<NodePolicy>(auth::PolicyFolder::Options{.folder = folder_.path()}, &clock_,
                                           [this] { ++changes_; });
  }
  // The update that ends the command; nullopt if it may run.
  std::optional<v1::TaskUpdate> Admit(const std::string& caller, const std::string& action = "sized",
                                      const std::string& inputs = "") {
    v1::Command command;
    command.set_plugin("fake");
    command.set_action(action);
    command.set_caller(caller);
    command.set_inputs_json(inputs);
    TaskSpec spec;
    return AdmitCommand(command, filter::Filter(), &state_, policy_.get(), &spec);
  }
  void ExpectDenied(const std::string& caller, const std::string& place) {
    const std::optional<v1::TaskUpdate> update = Admit(caller);
    ASSERT_TRUE(update.has_value());
    EXPECT_EQ(update->reply().state(), v1::DENIED);
    EXPECT_EQ(update->reply().kind(), v1::ERROR_KIND_POLICY);
    EXPECT_EQ(update->reply().status_code(), 1);
    EXPECT_THAT(update->reply().status_message(),
                HasSubstr("You are not authorized to call this agent or action. (" + folder_.Path(place)));
    EXPECT_THAT(update->reply().status_message(), HasSubstr(caller));
  }

  ManualClock clock_;
  const TempFolder folder_;
  std::shared_ptr<FakePlugin> plugin_;
  AgentState state_;
  std::unique_ptr<NodePolicy> policy_;
  int changes_ = 0;
};

TEST_F(NodePolicyTest, TheFileOfThePluginDecides) {
  WritePolicy(
      "policy default "
      "deny\nallow\tclient=ops\tsized\tosfamily=Debian\tapache\nallow\tclient=dev\tsized\tosfamily=RedHat\n");
  Open();
  EXPECT_FALSE(Admit("client=ops").has_value());
  ExpectDenied("client=opsy", "fake.policy:1: ");
  ExpectDenied("client=dev", "fake.policy:1: ");
  EXPECT_TRUE(Admit("client=ops", "change").has_value());
}

TEST_F(NodePolicyTest, WithoutAFileTheHubHasDecided) {
  Open();
  EXPECT_FALSE(Admit("client=ops").has_value());
  policy_->SetOptions({.folder = folder_.path(), .allow_unconfigured = false});
  ExpectDenied("client=ops", "fake.policy: there is no policy file");
}

TEST_F(NodePolicyTest, AWrongCommandIsToldItsOwnFault) {
  WritePolicy("policy default deny\n");
  Open();
  const auto update = Admit("client=ops", "read", R"({"text": "TOO LARGE"})");
  ASSERT_TRUE(update.has_value());
  EXPECT_EQ(update->reply().kind(), v1::ERROR_KIND_DENIED);
  EXPECT_EQ(update->reply().status_code(), actions::kInvalidInput);
}

TEST_F(NodePolicyTest, AChangeCountsAtTheNextLookASecondLater) {
  WritePolicy("policy default deny\n");
  Open();
  ExpectDenied("client=ops", "fake.policy:1");
  WritePolicy("policy default allow\n");
  policy_->Look();
  ExpectDenied("client=ops", "fake.policy:1");
  EXPECT_EQ(changes_, 0);
  clock_.Advance(NodePolicy::kLookInterval);
  policy_->Look();
  EXPECT_FALSE(Admit("client=ops").has_value());
  EXPECT_EQ(changes_, 1);
  clock_.Advance(NodePolicy::kLookInterval);
  policy_->Look();
  EXPECT_EQ(changes_, 1);
}

TEST_F(NodePolicyTest, FaultsDenyAndAreProblemsOfTheNode) {
  WritePolicy("policy default allow\ndeny client=ops\n");
  Open();
  ExpectDenied("client=other", "fake.policy: the policy file is not valid");
  EXPECT_THAT(policy_->Problems(), ElementsAre(HasSubstr("policy " + folder_.Path("fake.policy:2: "))));
  WritePolicy("allow\t*\t*\t*\n");  // without a default, which lint warns of
  clock_.Advance(NodePolicy::kLookInterval);
  policy_->Look();
  EXPECT_THAT(policy_->Problems(), IsEmpty());
}

TEST_F(NodePolicyTest, DataFunctionsAreRunHere) {
  const std::string file = folder_.Write("lock", "");
  WritePolicy("policy default allow\ndeny\t*\t*\tfstat('" + file + "').output=present\n");
  Open();
  EXPECT_TRUE(policy_->MayBlock("fake"));
  EXPECT_FALSE(policy_->MayBlock("other"));
  ExpectDenied("client=ops", "fake.policy:2: this line denies it");
  std::filesystem::remove(file);
  EXPECT_FALSE(Admit("client=ops").has_value());
}

TEST_F(NodePolicyTest, SettingsHaveDefaultsAndChecks) {
  const auto read = [](const std::string& more) {
    const auto file = ConfigFile::Parse("hub: h\n" + more, "agent.yaml");
    return ReadAgentConfig(*file, "agent.yaml", "host");
  };
  const auth::PolicyFolder::Options defaults = read("")->policies;
  EXPECT_EQ(defaults.folder, "/etc/orch/policies");
  EXPECT_TRUE(defaults.allow_unconfigured && !defaults.use_default && defaults.check_owners);
  const auth::PolicyFolder::Options given =
      read("policies: {folder: /p, unconfigured: deny, use_default: true}\n")->policies;
  EXPECT_EQ(given.folder, "/p");
  EXPECT_TRUE(!given.allow_unconfigured && given.use_default);
  EXPECT_THAT(std::string(read("policies: {folder: p}\n").status().message()),
              HasSubstr("agent.yaml:2: policies.folder"));
  EXPECT_THAT(std::string(read("policies: {unconfigured: no}\n").status().message()),
              HasSubstr("policies.unconfigured"));
}

}  // namespace
}  // namespace orch::nodeagent

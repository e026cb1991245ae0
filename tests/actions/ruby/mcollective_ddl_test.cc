// What the documentation of MCollective's plugins allows in a DDL loads, and what agents find around them.
#include <string>

#include "gmock/gmock.h"
#include "tests/actions/ruby/mcollective_fixture.h"

namespace orch::actions {
namespace {

using ::testing::HasSubstr;

class McollectiveDdlTest : public McollectiveAgentsTest {
 protected:
  void SetUp() override {
    McollectiveAgentsTest::SetUp();
    Load({"documented"});
  }
  Reply Look(Json inputs) {
    inputs["word"] = "x";
    return Run("allowed", "look", std::move(inputs));
  }
};

TEST_F(McollectiveDdlTest, EverythingThatIsDocumentedLoads) {
  const std::shared_ptr<Plugin> allowed = catalog_.Find("allowed");
  ASSERT_NE(allowed, nullptr) << ProblemOf("allowed");
  const ddl::Plugin& ddl = *allowed->ddl();
  EXPECT_EQ(ddl.timeout, absl::Seconds(20));
  ASSERT_NE(ddl.FindAction("bare"), nullptr);
  const ddl::Action& look = *ddl.FindAction("look");
  EXPECT_EQ(look.description, "Has all kinds of inputs");
  EXPECT_EQ(look.display, ddl::Display::kAlways) << "flatten shows every reply";
  EXPECT_EQ(look.inputs.size(), 13u) << "what may be anything is not declared";
  EXPECT_TRUE(look.additional_inputs);
  EXPECT_EQ(look.FindInput("word")->max_length, 0u);
  EXPECT_EQ(look.FindInput("twice")->max_length, 10u);
  EXPECT_EQ(look.FindInput("twice")->validation, "") << "a backreference is the agent's to check";
  EXPECT_EQ(look.FindInput("safe")->validation, "shellsafe");
  EXPECT_FALSE(look.FindInput("safe")->default_value.has_value()) << "only what is not optional gets its default";
  EXPECT_EQ(look.FindInput("choice")->default_value, Json("a"));
  EXPECT_NE(look.FindOutput("text"), nullptr);
  EXPECT_NE(look.FindOutput("more"), nullptr);
  EXPECT_EQ(look.aggregates.size(), 3u);
  EXPECT_EQ(ddl.FindAction("stop")->display, ddl::Display::kOk);
  EXPECT_EQ(Run("allowed", "bare").data["usage"], "Call it with care");
}

TEST_F(McollectiveDdlTest, DefaultsAreForInputsThatAreNotOptional) {
  const Reply reply = Look(Json::object());
  ASSERT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["given"], (Json{{"choice", "a"}, {"word", "x"}}));
}

TEST_F(McollectiveDdlTest, TheAgentChecksWhatOnlyRubyCan) {
  const Json good = {{"one_of", "red"}, {"short", "abc"}, {"kind", "text"}, {"twice", "aa"}, {"host", "a.example.net"}};
  for (const auto& [name, value] : good.items()) EXPECT_EQ(Look({{name, value}}).status_code, kOk) << name;
  const Json bad = {{"one_of", "blue"}, {"short", "abcd"}, {"twice", "ab"}, {"host", "a.example.com"}};
  for (const auto& [name, value] : bad.items()) {
    const Reply reply = Look({{name, value}});
    EXPECT_EQ(reply.status_code, kInvalidInput) << name;
    EXPECT_THAT(reply.status_message, HasSubstr(name)) << name;
  }
  for (const char* agent : {"lookahead", "extended"}) {
    ASSERT_NE(catalog_.Find(agent), nullptr) << ProblemOf(agent);
    EXPECT_EQ(Run(agent, "go").status_code, kOk);
    EXPECT_EQ(Run(agent, "go", {{"x", "ab"}}).data["x"], "ab") << agent;
  }
  EXPECT_EQ(Run("lookahead", "go", {{"x", "root1"}}).status_code, kInvalidInput);
  EXPECT_EQ(Run("extended", "go", {{"x", "a b"}}).status_code, kInvalidInput);
}

TEST_F(McollectiveDdlTest, AnInputOfAnyTypeKeepsItsTypeAndIsMissedWhenItIsNeeded) {
  EXPECT_EQ(Look({{"rich", {{"a", {1, 2}}}}}).data["given"]["rich"], (Json{{"a", {1, 2}}}));
  EXPECT_EQ(Run("allowed", "start", {{"any_needed", {1}}}).data["class"], "Array");
  const Reply missing = Run("allowed", "start");
  EXPECT_EQ(missing.status_code, kMissingInput);
  EXPECT_THAT(missing.status_message, HasSubstr("any_needed"));
}

TEST_F(McollectiveDdlTest, FactsAreText) {
  node_.facts["cpus"] = 4;
  node_.facts["is_virtual"] = true;
  node_.facts["load"] = 0.5;
  node_.facts["ports"] = {80, 443};
  const Reply reply = Run("allowed", "facts");
  ASSERT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["number"], "4");
  EXPECT_EQ(reply.data["is_text"], true);
  EXPECT_EQ(reply.data["boolean"], "true");
  EXPECT_EQ(reply.data["nothing"], "");
  EXPECT_EQ(reply.data["float"], "0.5");
  EXPECT_EQ(reply.data["inside"], "12");
  EXPECT_EQ(reply.data["list"], (Json{"80", "443"}));
  EXPECT_EQ(reply.data["by_method"], (Json{"4", "4", "4", "4", "4"}));
  EXPECT_EQ(reply.data["absent"], nullptr);
  EXPECT_EQ(reply.data["has"], (Json{true, true, true, true, false}));
}

}  // namespace
}  // namespace orch::actions

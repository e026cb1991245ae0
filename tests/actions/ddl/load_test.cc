#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "actions/ddl/ddl.h"
#include "base/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::ddl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kMetadata[] =
    R"("metadata": {"name": "demo", "description": "A demo", "author": "a", "license": "Apache-2.0",
  "version": "1.0.0", "url": "https://example.com", "timeout": 30})";

std::string WithActions(absl::string_view actions) {
  return absl::StrCat("{", kMetadata, ", \"actions\": [", actions, "]}");
}

std::string WithInput(absl::string_view input) {
  return WithActions(
      absl::StrCat(R"({"action": "go", "description": "Goes", "input": {"where": )", input, R"(}, "output": {}})"));
}

std::string LoadError(const std::string& text) {
  const auto plugin = LoadPlugin(text, "demo.json");
  EXPECT_FALSE(plugin.ok()) << "was accepted: " << text.substr(0, 300);
  EXPECT_EQ(plugin.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(plugin.status().message());
}

TEST(DdlLoadTest, ReadsEveryPartOfADescription) {
  const std::string text = WithActions(R"({
    "action": "go", "description": "Goes", "display": "always", "impact": "read", "idempotent": true, "streams": true,
    "additional_inputs": true, "timeout": 5,
    "input": {"where": {"prompt": "Where", "description": "Place", "type": "string", "optional": false,
      "validation": "^\\w+$", "maxlength": 9, "default": "home", "sensitive": true}},
    "output": {"seen": {"description": "What was seen", "display_as": "Seen", "type": "string", "default": "nothing"}},
    "aggregate": [{"function": "summary", "args": ["seen", {"format": "%s on %d"}]}]})");
  const auto plugin = LoadPlugin(text, "demo.json");
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  EXPECT_EQ((*plugin)->name, "demo");
  EXPECT_EQ((*plugin)->timeout, absl::Seconds(30));
  EXPECT_EQ((*plugin)->json, text);
  EXPECT_EQ((*plugin)->sha256, Sha256(text));
  const Action* action = (*plugin)->FindAction("go");
  ASSERT_NE(action, nullptr);
  EXPECT_EQ(action->display, Display::kAlways);
  EXPECT_EQ(action->impact, Impact::kRead);
  EXPECT_TRUE(action->idempotent);
  EXPECT_TRUE(action->streams);
  EXPECT_TRUE(action->additional_inputs);
  EXPECT_EQ((*plugin)->TimeoutOf(*action), absl::Seconds(5));
  const Input* input = action->FindInput("where");
  ASSERT_NE(input, nullptr);
  EXPECT_EQ(input->type, InputType::kString);
  EXPECT_EQ(input->max_length, 9u);
  EXPECT_TRUE(input->sensitive);
  EXPECT_EQ(input->default_value, Json("home"));
  EXPECT_NE(input->pattern, nullptr);
  ASSERT_EQ(action->outputs.size(), 1u);
  EXPECT_EQ(action->FindOutput("seen")->display_as, "Seen");
  ASSERT_EQ(action->aggregates.size(), 1u);
  EXPECT_EQ(action->aggregates[0].output, "seen");
  EXPECT_EQ(action->aggregates[0].format, "%s on %d");
}

TEST(DdlLoadTest, AnActionIsAChangeUnlessItSaysItReads) {
  const auto plugin = LoadPlugin(WithActions(R"({"action": "go", "description": "Goes"})"), "demo.json");
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  EXPECT_EQ((*plugin)->FindAction("go")->impact, Impact::kChange);
  EXPECT_EQ((*plugin)->FindAction("go")->display, Display::kFailed);
  EXPECT_EQ((*plugin)->FindAction("stay"), nullptr);
}

// The shapes that published Choria DDLs have: $schema, null defaults, types written Hash and Array,
// an aggregate listed twice, inputs in capitals, a default that its own pattern refuses.
TEST(DdlLoadTest, LoadsTheShapesOfPublishedChoriaDdls) {
  const std::string text = absl::StrCat(R"({"$schema": "https://choria.io/schemas/mcorpc/ddl/v1/agent.json", )",
                                        R"("metadata": {"name": "demo", "description": "d", "author": "A <a@b.c>",
    "license": "Apache-2.0", "version": "0.29.4", "url": "https://choria.io", "timeout": 20, "provider": "golang",
    "service": true},
    "actions": [{"action": "configure", "display": "failed", "description": "d",
      "input": {"C": {"prompt": "Country", "description": "c", "type": "string", "default": null, "optional": true,
                      "validation": "^[A-Z]{2}$", "maxlength": 2},
                "token": {"prompt": "T", "description": "t", "type": "string", "default": "", "optional": true,
                          "validation": ".", "maxlength": 128},
                "map": {"prompt": "M", "description": "m", "type": "Hash", "optional": true},
                "all": {"prompt": "A", "description": "a", "type": "Array", "optional": true},
                "splay": {"prompt": "S", "description": "s", "type": "number", "default": null, "optional": true}},
      "output": {"ensure": {"description": "e", "display_as": "Ensure", "default": null}},
      "aggregate": [{"function": "summary", "args": ["ensure"]}, {"function": "summary", "args": ["ensure"]}]}]})");
  const auto plugin = LoadPlugin(text, "demo.json");
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  const Action* action = (*plugin)->FindAction("configure");
  EXPECT_EQ(action->FindInput("map")->type, InputType::kHash);
  EXPECT_EQ(action->FindInput("all")->type, InputType::kArray);
  EXPECT_FALSE(action->FindInput("C")->default_value.has_value());
  EXPECT_EQ(action->aggregates.size(), 1u);
  EXPECT_EQ((*plugin)->provider, "golang");
}

TEST(DdlLoadTest, NamesThePlaceOfAnUnknownValidatorAndTheNearestOne) {
  EXPECT_THAT(LoadError(WithInput(R"({"type": "string", "validation": "shelsafe", "maxlength": 9})")),
              AllOf(HasSubstr("demo.json: actions[0].input.where.validation: "), HasSubstr("'shelsafe'"),
                    HasSubstr("did you mean shellsafe?")));
}

TEST(DdlLoadTest, RefusesAValidationThatRe2CannotRead) {
  EXPECT_THAT(LoadError(WithInput(R"x({"type": "string", "validation": "^(?!x)"})x")),
              AllOf(HasSubstr("actions[0].input.where.validation"), HasSubstr("RE2")));
  EXPECT_THAT(LoadError(WithInput(R"({"type": "string", "validation": "\\A\\w+\\Z"})")), HasSubstr("write \\z"));
  EXPECT_THAT(LoadError(WithInput(R"({"type": "string", "validation": "^((a{1,1000}){1,1000}){1,1000}$"})")),
              HasSubstr("RE2"));
}

TEST(DdlLoadTest, AcceptsRubysTextAnchors) {
  EXPECT_TRUE(LoadPlugin(WithInput(R"({"type": "string", "validation": "\\A[a-z]+\\z"})"), "demo.json").ok());
}

TEST(DdlLoadTest, NamesThePlaceOfEveryWrongPart) {
  EXPECT_THAT(LoadError("{}"), HasSubstr("demo.json: 'metadata' is missing"));
  EXPECT_THAT(LoadError("[]"), HasSubstr("demo.json"));
  EXPECT_THAT(LoadError("{\"metadata\": "), HasSubstr("line 1"));
  EXPECT_THAT(LoadError(absl::StrCat("{", kMetadata, "}")), HasSubstr("'actions' is missing"));
  EXPECT_THAT(LoadError(absl::StrReplaceAll(WithActions(""), {{"\"timeout\": 30", "\"timeout\": \"x\""}})),
              HasSubstr("metadata.timeout"));
  EXPECT_THAT(LoadError(absl::StrReplaceAll(WithActions(""), {{"\"timeout\": 30", "\"timeout\": -1"}})),
              HasSubstr("metadata.timeout"));
  EXPECT_THAT(LoadError(absl::StrReplaceAll(WithActions(""), {{"\"author\": \"a\"", "\"x\": 1"}})),
              HasSubstr("metadata: 'author' is missing"));
  EXPECT_THAT(LoadError(absl::StrReplaceAll(WithActions(""), {{"\"demo\"", "\"De mo\""}})), HasSubstr("metadata.name"));
  EXPECT_THAT(LoadError(WithActions("7")), HasSubstr("actions[0]: must be an object"));
  EXPECT_THAT(LoadError(WithActions(R"({"action": "a", "description": "d", "display": "never"})")),
              HasSubstr("actions[0].display"));
  EXPECT_THAT(LoadError(WithActions(R"({"action": "a", "description": "d", "impact": "none"})")),
              HasSubstr("actions[0].impact"));
  EXPECT_THAT(LoadError(WithActions(R"({"action": "a", "description": "d"}, {"action": "a", "description": "d"})")),
              AllOf(HasSubstr("actions[1]"), HasSubstr("declared twice")));
  EXPECT_THAT(LoadError(WithActions(R"({"action": "a", "description": "d", "aggregate": [{"function": "sum"}]})")),
              HasSubstr("actions[0].aggregate[0]: 'args'"));
  EXPECT_THAT(LoadError(WithInput(R"({"type": "text"})")), HasSubstr("actions[0].input.where.type: 'text'"));
  EXPECT_THAT(LoadError(WithInput(R"({"type": "list"})")), HasSubstr("needs 'list'"));
  EXPECT_THAT(LoadError(WithInput(R"({"type": "integer", "default": "5"})")),
              HasSubstr("actions[0].input.where.default: the default must be an integer"));
  EXPECT_THAT(LoadError(WithInput(R"({"type": "string", "maxlength": -1})")), HasSubstr("where.maxlength"));
  EXPECT_THAT(LoadError(WithInput(R"({"type": "string", "optional": "yes"})")), HasSubstr("where.optional"));
  EXPECT_THAT(LoadError(WithInput("null")), HasSubstr("'where' is null"));
}

TEST(DdlLoadTest, RefusesATextBeyondItsLimits) {
  EXPECT_THAT(LoadError(absl::StrCat(WithActions(""), std::string(kMaxDdlBytes, ' '))), HasSubstr("at most"));
  std::string many;
  for (size_t i = 0; i <= kMaxActions; ++i) {
    absl::StrAppend(&many, i == 0 ? "" : ",", "{\"action\":\"a", i, "\",\"description\":\"d\"}");
  }
  EXPECT_THAT(LoadError(WithActions(many)), HasSubstr("more than 256 actions"));
}

std::string Requiring(const std::string& requires_json) {
  const std::string timeout = "\"timeout\": 30";
  return absl::StrReplaceAll(WithActions(""), {{timeout, absl::StrCat(timeout, ", \"requires\": ", requires_json)}});
}

TEST(DdlLoadTest, TheVersionsAPluginRequiresAreCompared) {
  const auto meets = [](const std::string& required, const std::string& version) {
    const auto plugin = LoadPlugin(Requiring(absl::StrCat(R"({"orch": ")", required, R"("})")), "demo.json");
    EXPECT_TRUE(plugin.ok()) << plugin.status();
    return plugin.ok() && CheckRequires(**plugin, version).ok();
  };
  EXPECT_TRUE(meets(">=0.1", "0.1.0"));
  EXPECT_TRUE(meets("0.1", "0.10.0"));
  EXPECT_TRUE(meets(">=0.9, <2", "1.4.2"));
  EXPECT_TRUE(meets("<=1.2.3", "1.2.3"));
  EXPECT_TRUE(meets("=0.1", "0.1.0-rc1"));
  EXPECT_FALSE(meets(">=0.9, <2", "2.0"));
  EXPECT_FALSE(meets(">0.1", "0.1.0"));
  EXPECT_FALSE(meets(">=99", "0.1.0"));
}

TEST(DdlLoadTest, APluginThatRequiresTooMuchSaysWhatIsMissing) {
  const auto plugin = LoadPlugin(Requiring(R"({"orch": ">=99"})"), "demo.json");
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  const absl::Status status = CheckRequires(**plugin, "0.1.0");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("demo requires orch >=99"), HasSubstr("0.1.0")));
}

TEST(DdlLoadTest, RequiresThatIsNoComparisonIsAnError) {
  EXPECT_THAT(LoadError(Requiring(R"({"orch": "new"})")),
              AllOf(HasSubstr("metadata.requires.orch"), HasSubstr(">=0.1")));
  EXPECT_THAT(LoadError(Requiring(R"({"orch": ">=1.2.3.4"})")), HasSubstr("comparison"));
  EXPECT_THAT(LoadError(Requiring(R"({"puppet": ">=7"})")), HasSubstr("only orch"));
  EXPECT_THAT(LoadError(Requiring(R"(">=1")")), HasSubstr("metadata.requires"));
}

TEST(DdlLoadTest, AScriptIsAFileNameNeverAPath) {
  const auto by = [](absl::string_view script) {
    return WithActions(absl::StrCat(R"({"action": "go", "description": "Goes", "implemented_by": ")", script, R"("})"));
  };
  const auto plugin = LoadPlugin(by("go.sh"), "demo.json");
  ASSERT_TRUE(plugin.ok()) << plugin.status();
  EXPECT_EQ((*plugin)->FindAction("go")->implemented_by, "go.sh");
  for (const char* path : {"/bin/sh", "../go.sh", "..", ".hidden", "go sh"}) {
    EXPECT_THAT(LoadError(by(path)), HasSubstr("actions[0].implemented_by"));
  }
}

}  // namespace
}  // namespace orch::ddl

#include "actions/ddl/validate.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actions/ddl/validators.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::ddl {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::shared_ptr<const Plugin> Load(absl::string_view inputs, bool additional = false) {
  const std::string text = absl::StrCat(
      R"({"metadata": {"name": "demo", "description": "d", "author": "a", "license": "l", "version": "1", "url": "u",
          "timeout": 5}, "actions": [{"action": "go", "description": "Goes", "additional_inputs": )",
      additional ? "true" : "false", R"(, "input": {)", inputs,
      R"(}, "output": {"state": {"description": "s", "display_as": "State", "default": "unknown"},
          "other": {"description": "o", "display_as": "Other"}}}]})");
  auto plugin = LoadPlugin(text, "demo.json");
  EXPECT_TRUE(plugin.ok()) << plugin.status();
  return plugin.ok() ? *plugin : nullptr;
}

// One input `x` of the description, checked with one value.
absl::Status Check(absl::string_view input, const Json& value) {
  const auto plugin = Load(absl::StrCat("\"x\": ", input));
  return ValidateInputs(*plugin, *plugin->FindAction("go"), Json{{"x", value}});
}

constexpr char kShellSafe[] = R"({"type": "string", "validation": "shellsafe", "maxlength": 90})";
constexpr char kWord[] = R"({"type": "string", "validation": "^\\w+$", "maxlength": 0})";

TEST(DdlValidateTest, ShellsafeRefusesEveryShellMetacharacter) {
  for (const char* bad : {"a;b", "$(id)", "`id`", "a|b", "a&&b", "a>b", "a<b", "a\nb", "a\rb", "a\x1b[0m"}) {
    EXPECT_EQ(Check(kShellSafe, bad).code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  for (const char* good : {"httpd", "g++", "libc6:amd64", "a b", "a&b", "é"}) {
    EXPECT_TRUE(Check(kShellSafe, good).ok()) << good;
  }
}

TEST(DdlValidateTest, NulAndBrokenUtf8AreRefusedWhateverTheValidation) {
  const char* any = R"({"type": "string"})";
  EXPECT_THAT(Check(any, std::string("a\0b", 3)).message(), HasSubstr("NUL"));
  EXPECT_THAT(Check(any, std::string("\xff\xfe")).message(), HasSubstr("UTF-8"));
  EXPECT_THAT(Check(any, std::string("\xc0\x80")).message(), HasSubstr("UTF-8"));
  EXPECT_THAT(Check(any, std::string("\xed\xa0\x80")).message(), HasSubstr("UTF-8"));
  EXPECT_THAT(Check(R"({"type": "array"})", Json::array({1, Json{{"k", std::string("\0", 1)}}})).message(),
              HasSubstr("NUL"));
  EXPECT_TRUE(Check(any, "zażółć 🙂").ok());
}

TEST(DdlValidateTest, ARegexIsAppliedAlsoWithoutALengthLimitAndToTheWholeText) {
  EXPECT_TRUE(Check(kWord, "abc").ok());
  EXPECT_FALSE(Check(kWord, "abc\n").ok());
  EXPECT_FALSE(Check(kWord, "abc\nrm -rf").ok());
  EXPECT_FALSE(Check(kWord, "").ok());
}

TEST(DdlValidateTest, LengthCountsCharactersAndLongTextIsRefusedQuickly) {
  const char* nine = R"({"type": "string", "validation": ".", "maxlength": 9})";
  EXPECT_TRUE(Check(nine, "äöüäöüäöü").ok());
  EXPECT_THAT(Check(nine, "0123456789").message(), HasSubstr("at most 9 characters, has 10"));
  const absl::Status megabyte = Check(kShellSafe, std::string(1 << 20, 'a'));
  EXPECT_EQ(megabyte.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_LT(megabyte.message().size(), 400u);
  EXPECT_TRUE(Check(kWord, std::string(1 << 20, 'a')).ok());
}

TEST(DdlValidateTest, PathRefusesClimbingOut) {
  EXPECT_TRUE(CheckNamedValidator("path", "/etc/hosts").ok());
  EXPECT_TRUE(CheckNamedValidator("path", "/etc/..hidden").ok());
  for (const char* bad : {"", "etc", "../etc", "/etc/../shadow", "/..", "/a\nb"}) {
    EXPECT_FALSE(CheckNamedValidator("path", bad).ok()) << bad;
  }
}

TEST(DdlValidateTest, NamedValidatorsTellGoodFromBad) {
  const std::vector<std::pair<const char*, std::vector<const char*>>> good = {
      {"ipv4address", {"10.0.0.1"}},
      {"ipv6address", {"::1", "fe80::1"}},
      {"ipaddress", {"10.0.0.1", "::1"}},
      {"fqdn", {"web1.example.com"}},
      {"duration", {"90", "90s", "1h30m", "1.5h", "2d", "250ms"}},
      {"service_name",
       {"sshd", "getty@tty1.service", "a:b", "dev-disk-by\\x2dlabel-a.swap", "-.mount",
        "systemd-fsck@dev-sda\\x2d1.service"}},
      {"package_name", {"g++", "libc6:amd64", "linux-image-6.1", "0ad", "_x", "a_b", "a.b-c.x86_64"}},
      {"package_version", {"1", "1.0-1", "1:2.0~rc1^git3-1.fc40", "1.2+", "5.2.15-2+b2", "~1", "r2_3"}},
      {"puppet_tags", {"one", "one,two::three", "one, two", "t\xC3\xA4g.2-x", "_a"}},
      {"puppet_variable", {"env_1"}},
      {"puppet_resource", {"File[/srv/www]"}},
      {"puppet_server_address",
       {"puppet", "puppet.example.com:8140", "puppet_1", "puppet.", "[fe80::1]", "[::1]:8140"}}};
  for (const auto& [name, values] : good) {
    for (const char* value : values) EXPECT_TRUE(CheckNamedValidator(name, value).ok()) << name << " " << value;
  }
  const std::vector<std::pair<const char*, std::vector<const char*>>> bad = {
      {"ipv4address", {"", "10.0.0", "10.0.0.256", "::1", "10.0.0.1 "}},
      {"ipv6address", {"10.0.0.1", "::g", ":::"}},
      {"ipaddress", {"", "host"}},
      {"fqdn", {"web1", "-a.b", "a..b", "a_b.c", ".a.b"}},
      {"duration", {"", "s", "5x", "1h ", "-5s", "1..5s", "."}},
      {"service_name", {"", "-h", "a b", "a;b", "../x", "@a.service", "a/b", "--status-all"}},
      {"package_name", {"", "-y", "../x", "a b", "a*", "./a.deb", "a/b", "@core", "a=1", "a-", "a^", "+a", ".a"}},
      {"package_version", {"", "-1", "1-", "1*", "1 2", "1=2", "1/2", "1;2"}},
      {"puppet_tags", {"", "a,,b", "-a", "a b", "a\xE2\x80\xAE"}},
      {"puppet_variable", {"", "a-b"}},
      {"puppet_resource", {"", "File[]", "File", "[x]", "File[x"}},
      {"puppet_server_address", {"", "a:0", "a:70000", "a:b", "a b", "-a", "[::g]", "[::1", "::1", "a:"}},
      {"nosuch", {"x"}}};
  for (const auto& [name, values] : bad) {
    for (const char* value : values) EXPECT_FALSE(CheckNamedValidator(name, value).ok()) << name << " " << value;
  }
  EXPECT_FALSE(CheckNamedValidator("shellsafe", std::string("a\0b", 3)).ok());
}

TEST(DdlValidateTest, EveryTypeAcceptsItsOwnAndRefusesTheOthers) {
  EXPECT_TRUE(Check(R"({"type": "boolean"})", true).ok());
  EXPECT_FALSE(Check(R"({"type": "boolean"})", "true").ok());
  EXPECT_TRUE(Check(R"({"type": "integer"})", -5).ok());
  EXPECT_FALSE(Check(R"({"type": "integer"})", 5.5).ok());
  EXPECT_TRUE(Check(R"({"type": "float"})", 5.5).ok());
  EXPECT_TRUE(Check(R"({"type": "float"})", 5).ok());
  EXPECT_FALSE(Check(R"({"type": "number"})", "5").ok());
  EXPECT_TRUE(Check(R"({"type": "hash"})", Json::object()).ok());
  EXPECT_FALSE(Check(R"({"type": "hash"})", Json::array()).ok());
  EXPECT_TRUE(Check(R"({"type": "array"})", Json::array()).ok());
  EXPECT_TRUE(Check(R"({"type": "list", "list": ["a", "b"]})", "a").ok());
  EXPECT_THAT(Check(R"({"type": "list", "list": ["a", "b"]})", "c").message(), HasSubstr("must be one of a, b"));
  EXPECT_FALSE(Check(R"({"type": "string"})", Json()).ok());
}

TEST(DdlValidateTest, AMissingInputIsNotTheSameAsAWrongOne) {
  const auto plugin = Load(absl::StrCat("\"x\": ", kWord));
  const Action& action = *plugin->FindAction("go");
  EXPECT_EQ(ValidateInputs(*plugin, action, Json::object()).code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(ValidateInputs(*plugin, action, Json{{"x", "a b"}}).message(),
              AllOf(HasSubstr("input 'x': "), HasSubstr("^\\w+$"), HasSubstr("'a b'")));
  EXPECT_FALSE(ValidateInputs(*plugin, action, Json("x")).ok());
}

TEST(DdlValidateTest, UndeclaredInputsAreRefusedWithTheNearestName) {
  const auto plugin = Load(absl::StrCat("\"package\": ", kWord));
  EXPECT_THAT(ValidateInputs(*plugin, *plugin->FindAction("go"), Json{{"package", "a"}, {"pakage", "b"}}).message(),
              AllOf(HasSubstr("input 'pakage'"), HasSubstr("did you mean package?")));
  const auto open = Load("", /*additional=*/true);
  EXPECT_TRUE(ValidateInputs(*open, *open->FindAction("go"), Json{{"mode", "0644"}}).ok());
  EXPECT_FALSE(ValidateInputs(*open, *open->FindAction("go"), Json{{"mode", std::string("\0", 1)}}).ok());
}

TEST(DdlValidateTest, SensitiveValuesAreNeitherQuotedNorShown) {
  const auto plugin = Load(R"("secret": {"type": "string", "validation": "^x", "sensitive": true},
                              "plain": {"type": "string", "optional": true})");
  const Action& action = *plugin->FindAction("go");
  const Json inputs{{"secret", "hunter2"}, {"plain", "p"}};
  EXPECT_THAT(ValidateInputs(*plugin, action, inputs).message(), Not(HasSubstr("hunter2")));
  EXPECT_EQ(Redact(action, inputs), (Json{{"secret", "***"}, {"plain", "p"}}));
  const auto number = Load(R"("pin": {"type": "integer", "sensitive": true})");
  EXPECT_THAT(CoerceArguments(*number->FindAction("go"), {{"pin", "12x4"}}).status().message(), Not(HasSubstr("12x4")));
}

TEST(DdlValidateTest, DefaultsFillOnlyWhatIsAbsentAndAlwaysPass) {
  const auto plugin = Load(R"("token": {"type": "string", "validation": ".", "default": "", "optional": true},
                              "mode": {"type": "list", "list": ["all", "none"], "default": "all"})");
  const Action& action = *plugin->FindAction("go");
  Json inputs{{"mode", "none"}};
  FillInputDefaults(action, &inputs);
  EXPECT_EQ(inputs, (Json{{"mode", "none"}, {"token", ""}}));
  EXPECT_TRUE(ValidateInputs(*plugin, action, inputs).ok());
  Json data = Json::object();
  FillOutputDefaults(action, &data);
  EXPECT_EQ(data, (Json{{"state", "unknown"}}));
}

TEST(DdlValidateTest, AnUnknownActionNamesTheNearestAndAll) {
  const auto plugin = Load("");
  EXPECT_THAT(RequireAction(*plugin, "goo").status().message(), HasSubstr("did you mean go? It has: go"));
  EXPECT_EQ(RequireAction(*plugin, "nosuch").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ((*RequireAction(*plugin, "go"))->name, "go");
}

TEST(DdlCoerceTest, SplitsAtTheFirstEqualsSign) {
  EXPECT_EQ(*SplitArgument("a=b=c"), (std::pair<std::string, std::string>("a", "b=c")));
  EXPECT_EQ(*SplitArgument("a="), (std::pair<std::string, std::string>("a", ""))) << "the empty text";
  for (const char* bad : {"a", "=b", "="}) {
    EXPECT_THAT(SplitArgument(bad).status().message(), HasSubstr("key=value")) << bad;
  }
}

TEST(DdlCoerceTest, IntegersKeepTheirDigitsHoweverLong) {
  const auto plugin = Load(R"("i": {"type": "integer"}, "n": {"type": "number", "optional": true},
      "h": {"type": "hash", "optional": true})");
  const Action& action = *plugin->FindAction("go");
  const auto inputs = CoerceArguments(action, {{"i", "+00123456789012345678901234567890"},
                                               {"n", "-18446744073709551616"},
                                               {"h", R"({"k": [99999999999999999999]})"}});
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_EQ(DumpJson(*inputs),
            R"({"h":{"k":[99999999999999999999]},"i":123456789012345678901234567890,"n":-18446744073709551616})");
  EXPECT_TRUE(ValidateInputs(*plugin, action, *inputs).ok());
  const Json wrong = ParseJson(R"({"i": "123456789012345678901234567890"})", "inputs").value();
  EXPECT_FALSE(ValidateInputs(*plugin, action, wrong).ok());
}

TEST(DdlCoerceTest, ReadsWordsByDeclaredType) {
  const auto plugin = Load(R"("b": {"type": "boolean"}, "i": {"type": "integer"}, "f": {"type": "float"},
      "n": {"type": "number"}, "h": {"type": "hash"}, "a": {"type": "array"}, "s": {"type": "string"})");
  const Action& action = *plugin->FindAction("go");
  const auto inputs = CoerceArguments(
      action,
      {{"b", "Yes"}, {"i", "-8"}, {"f", "8"}, {"n", "+1.5"}, {"h", R"({"k": [1]})"}, {"a", "[1, 2]"}, {"s", "007"}});
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_EQ(*inputs,
            (Json{{"b", true}, {"i", -8}, {"f", 8.0}, {"n", 1.5}, {"h", {{"k", {1}}}}, {"a", {1, 2}}, {"s", "007"}}));
  EXPECT_TRUE((*inputs)["f"].is_number_float());
  EXPECT_TRUE(ValidateInputs(*plugin, action, *inputs).ok());
  for (const auto& [key, text] : std::vector<std::pair<std::string, std::string>>{{"b", "maybe"},
                                                                                  {"i", "1.5"},
                                                                                  {"i", "0x10"},
                                                                                  {"f", "1e5"},
                                                                                  {"n", "abc"},
                                                                                  {"n", "."},
                                                                                  {"n", "-"},
                                                                                  {"h", "{"},
                                                                                  {"a", "[1"},
                                                                                  {"z", "1"}}) {
    EXPECT_EQ(CoerceArguments(action, {{key, text}}).status().code(), absl::StatusCode::kInvalidArgument)
        << key << text;
  }
  EXPECT_THAT(CoerceArguments(action, {{"s", "a"}, {"s", "b"}}).status().message(), HasSubstr("given twice"));
}

}  // namespace
}  // namespace orch::ddl

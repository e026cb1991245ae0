#include "services/hub/arguments.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Mode = Arguments::Mode;

std::string ArgumentsErrorOf(const std::vector<std::string>& words) {
  const auto parsed = ParseArguments(words);
  EXPECT_FALSE(parsed.ok());
  return std::string(parsed.status().message());
}

TEST(HubArgumentsTest, WithoutWordsTheHubServesFromTheDefaultFile) {
  const auto parsed = ParseArguments({});
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->mode, Mode::kServe);
  EXPECT_EQ(parsed->config_file, "/etc/orch/hub.yaml");
}

TEST(HubArgumentsTest, TakesTheConfigurationBeforeAndBehindKey) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"-c", "/x", "key", "client", "deploy"},
                                             {"key", "client", "deploy", "--config=/x"},
                                             {"key", "-c/x", "client", "deploy"}}) {
    const auto parsed = ParseArguments(words);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->mode, Mode::kKey);
    EXPECT_EQ(parsed->config_file, "/x");
    EXPECT_EQ(parsed->key.kind, auth::PeerKind::kClient);
    EXPECT_EQ(parsed->key.name, "deploy");
    EXPECT_FALSE(parsed->key.pem);
    EXPECT_EQ(parsed->key.days, 365u);
  }
}

TEST(HubArgumentsTest, TakesTheOptionsOfItsCommands) {
  const auto key = ParseArguments({"key", "node", "web1", "--pem", "--days", "3650"});
  ASSERT_TRUE(key.ok()) << key.status();
  EXPECT_EQ(key->key.kind, auth::PeerKind::kNode);
  EXPECT_TRUE(key->key.pem);
  EXPECT_EQ(key->key.days, 3650u);
  const auto init =
      ParseArguments({"init", "--dir", "/d", "--identity", "h", "--listen", "127.0.0.1:0", "--client=me"});
  ASSERT_TRUE(init.ok()) << init.status();
  EXPECT_EQ(init->mode, Mode::kInit);
  EXPECT_EQ(init->init.directory, "/d");
  EXPECT_EQ(init->init.identity, "h");
  EXPECT_EQ(init->init.listen, "127.0.0.1:0");
  EXPECT_EQ(init->init.client, "me");
  const auto check = ParseArguments({"--check-config"});
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_EQ(check->mode, Mode::kCheckConfig);
}

TEST(HubArgumentsTest, ErrorsNameTheWordOrTheOption) {
  EXPECT_THAT(ArgumentsErrorOf({"--confg", "/x"}), HasSubstr("did you mean --config?"));
  EXPECT_THAT(ArgumentsErrorOf({"frob"}), HasSubstr("unexpected word 'frob'"));
  EXPECT_THAT(ArgumentsErrorOf({"init", "more"}), HasSubstr("unexpected word 'more'"));
  EXPECT_THAT(ArgumentsErrorOf({"init", "-c", "/x"}), HasSubstr("unknown option -c"));
  EXPECT_THAT(ArgumentsErrorOf({"key"}), HasSubstr("kind is required"));
  EXPECT_THAT(ArgumentsErrorOf({"key", "node"}), HasSubstr("name is required"));
  EXPECT_THAT(ArgumentsErrorOf({"key", "user", "x"}), HasSubstr("'user' is none of node, client"));
  EXPECT_THAT(ArgumentsErrorOf({"key", "node", "x", "y"}), HasSubstr("unexpected word 'y'"));
  for (const char* days : {"0", "3651", "-1", "many"})
    EXPECT_THAT(ArgumentsErrorOf({"key", "node", "x", "--days", days}),
                AllOf(HasSubstr("--days"), HasSubstr("1 to 3650")));
  EXPECT_THAT(ArgumentsErrorOf({"-c"}), HasSubstr("option -c needs a value"));
}

TEST(HubArgumentsTest, ShowsHelpAndVersionWithoutTheRequiredWords) {
  const auto text = [](const std::vector<std::string>& words) {
    const auto parsed = ParseArguments(words);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->mode, Mode::kShowText);
    return parsed->text;
  };
  EXPECT_THAT(text({"--help"}), AllOf(HasSubstr("--check-config"), HasSubstr("Signals: TERM"), HasSubstr("init ")));
  EXPECT_THAT(text({"init", "--help"}), AllOf(HasSubstr("--identity NAME"), HasSubstr("orch-hub init --dir")));
  EXPECT_THAT(text({"key", "-h"}), AllOf(HasSubstr("--days COUNT"), HasSubstr("-c, --config FILE")));
  EXPECT_THAT(text({"--version"}), StartsWith("orch-hub "));
}

}  // namespace
}  // namespace orch::hub

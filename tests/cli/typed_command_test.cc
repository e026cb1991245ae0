// Commands made from a DDL, against an Orchestrator service in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/fake_hub.h"
#include "tests/cli/run_cli.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using testing::CliSetup;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

class TypedCommandTest : public ::testing::Test {
 protected:
  TypedCommandTest() : dir_(testing::NewTempDir()), hub_(dir_) {
    hub_.nodes = {testing::MakeNode("a.example.com", "{}"), testing::MakeNode("b.example.com", "{}")};
    hub_.ddls["filemgr"] = testing::FilemgrDdl();
  }
  CliResult Run(std::vector<std::string> args, const CliSetup& setup = {}) {
    args.insert(args.end(), {"-c", hub_.config_file()});
    return testing::RunCli(args, setup);
  }
  // What the inputs of the last job were, as JSON text.
  std::string Sent() const { return hub_.invoked().empty() ? "nothing" : hub_.invoked().back().inputs_json(); }

  const std::string dir_;
  testing::FakeHub hub_;
};

TEST_F(TypedCommandTest, AnInputIsAnOption) {
  hub_.replies["filemgr.status"] = {{"mode", "0644"}};
  const CliResult result = Run({"filemgr", "status", "--file", "/etc/hosts"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("a.example.com                            \n   Mode: 0644\n"));
  EXPECT_EQ(Sent(), R"({"file":"/etc/hosts"})");
  EXPECT_EQ(hub_.invoked()[0].plugin(), "filemgr");
}

TEST_F(TypedCommandTest, InputsTakeEverySpelling) {
  const std::string all = R"({"file":"/x y","force":true,"max_age":5,"mode":"hard"})";
  for (const std::vector<std::string>& inputs :
       std::vector<std::vector<std::string>>{{"--file", "/x y", "--force", "--mode", "hard"},
                                             {"--file=/x y", "--force=yes", "--mode=hard"},
                                             {"file=/x y", "force=true", "mode=hard"},
                                             {"--mode", "hard", "file=/x y", "--force"}}) {
    std::vector<std::string> words = {"filemgr", "touch", "--yes"};
    words.insert(words.end(), inputs.begin(), inputs.end());
    const CliResult result = Run(words);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(Sent(), all) << inputs[0];
  }
  Run({"filemgr", "touch", "--yes", "--file", "/x", "--no-force", "--max-age", "7", "--tags", R"(["a"])"});
  EXPECT_EQ(Sent(), R"({"file":"/x","force":false,"max_age":7,"tags":["a"]})");
}

TEST_F(TypedCommandTest, CommonOptionsWorkAsEverywhere) {
  const CliResult result = Run({"-I", "b.example.com", "filemgr", "status", "--file", "/x", "-t", "3", "--senders"});
  EXPECT_EQ(result.out, "b.example.com\n") << result.err;
  EXPECT_EQ(hub_.invoked()[0].timeout_ms(), 3000);
}

TEST_F(TypedCommandTest, WhereNamesClashTheCommonOptionWins) {
  const CliResult result =
      Run({"filemgr", "touch", "--file", "/x", "--timeout", "9", "--input-timeout", "fast", "--yes"});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(hub_.invoked()[0].timeout_ms(), 9000);
  EXPECT_EQ(Sent(), R"({"file":"/x","max_age":5,"timeout":"fast"})");
  Run({"filemgr", "touch", "--file", "/x", "timeout=slow", "--yes"});
  EXPECT_EQ(Sent(), R"({"file":"/x","max_age":5,"timeout":"slow"})");
}

TEST_F(TypedCommandTest, WrongInputsAreNamedAndNothingIsSent) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"filemgr"}, "no action given; usage: orchctl filemgr status|touch"},
      {{"filemgr", "statsu"}, "did you mean status?"},
      {{"filemgr", "status"}, "file"},
      {{"filemgr", "status", "--fiel", "/x"}, "unknown option --fiel; did you mean --file?"},
      {{"filemgr", "--file", "/x", "status"}, "inputs follow the action: orchctl filemgr <action> --file"},
      {{"filemgr", "status", "/x"}, "unexpected word '/x'; inputs are given as --key VALUE or key=VALUE"},
      {{"filemgr", "status", "--file", ""}, "file"},
      {{"filemgr", "status", "--file", "/x", "file=/y"}, "file"},
      {{"filemgr", "touch", "--file", "/x", "--mode", "medium"}, "mode"},
      {{"filemgr", "touch", "--file", "/x", "--max-age", "old"}, "max_age"},
      {{"filemgr", "touch", "--file", "/x", "--force=perhaps"}, "force"},
      {{"filemgr", "touch", "--file", "/x"}, "--yes"},
      {{"fielmgr", "status"}, "unknown command 'fielmgr'; did you mean filemgr?"},
      {{"pign"}, "unknown command 'pign'; did you mean ping?"},
      {{"xyzzyxyzzy"}, "'orchctl plugin list' the plugins"},
  };
  for (const auto& [words, message] : cases) {
    const CliResult result = Run(words);
    EXPECT_EQ(result.code, 1) << words[0] << ": " << result.err;
    EXPECT_THAT(result.err, AllOf(StartsWith("orchctl: "), HasSubstr(message)));
    EXPECT_EQ(result.out, "");
  }
  EXPECT_THAT(hub_.invoked(), SizeIs(0));
}

TEST_F(TypedCommandTest, APluginThatNoNodeOffersIsReportedAsSuch) {
  const CliResult shell = Run({"shell", "run", "--command", "true"});
  EXPECT_EQ(shell.code, 1);
  EXPECT_THAT(shell.err, StartsWith("orchctl: no attached node offers the plugin shell; it is off unless agent.yaml on "
                                    "a node has plugin.shell.allow: true"));
  EXPECT_THAT(Run({"nrpe", "runcommand"}).err, HasSubstr("'orchctl plugin list' shows what nodes offer and"));
  v1::ListPluginsResponse::Failed failed;
  failed.mutable_problem()->set_plugin("greeter");
  failed.mutable_problem()->set_reason("no program");
  failed.add_identities("a.example.com");
  hub_.failed_plugins = {failed};
  EXPECT_THAT(Run({"greeter", "greet"}).err, HasSubstr("greeter; on a.example.com it could not be loaded: no program"));
}

TEST_F(TypedCommandTest, DocumentationOfAPluginThatIsGoneSaysSo) {
  EXPECT_THAT(Run({"plugin", "doc", "filemgr"}).err, ::testing::Not(HasSubstr("any more")));
  hub_.nodes.clear();
  const CliResult gone = Run({"plugin", "doc", "filemgr"});
  EXPECT_EQ(gone.code, 0);
  EXPECT_THAT(gone.err, HasSubstr("no attached node offers the plugin filemgr any more"));
}

TEST_F(TypedCommandTest, HelpIsMadeFromTheDdl) {
  const CliResult plugin = Run({"filemgr", "--help"});
  EXPECT_EQ(plugin.code, 0) << plugin.err;
  EXPECT_THAT(plugin.out,
              AllOf(StartsWith("\nFiles\n\nUsage: orchctl filemgr [options] [filters] <action> [inputs]\n"),
                    HasSubstr("    touch                            Creates a file\n"), HasSubstr("filemgr 1.1.0")));
  EXPECT_EQ(Run({"help", "filemgr"}).out, plugin.out);
  const CliResult action = Run({"filemgr", "touch", "--help"});
  EXPECT_THAT(action.out,
              AllOf(StartsWith("\nCreates a file\n\nUsage: orchctl filemgr touch [options] [filters] --file VALUE\n"),
                    HasSubstr("        --file FILE                  The file (required)\n"),
                    HasSubstr("        --max_age, --max-age MAX_AGE At most so old (default 5)\n"),
                    HasSubstr("        --mode MODE                  How (one of soft, hard)\n"),
                    HasSubstr("        --input-timeout TIMEOUT"), HasSubstr("        --no-force "),
                    HasSubstr("    -F, --wf, --with-fact fact=val"), Not(HasSubstr("***"))));
  EXPECT_EQ(Run({"help", "filemgr", "touch"}).out, action.out);
  EXPECT_EQ(Run({"help", "filemgr", "tuoch"}).code, 1);
}

TEST_F(TypedCommandTest, TheHubMayBeGivenAfterTheActionOrInTheVariable) {
  const CliResult result = testing::RunCli({"filemgr", "status", "--file", "/x"},
                                           {.variables = {{"ORCHCTL_OPTS", "--json --config " + hub_.config_file()}}});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(Json::parse(result.out)["agent"], "filemgr");
}

TEST_F(TypedCommandTest, OneConnectionIsEnough) {
  Run({"filemgr", "status", "--file", "/x"});
  EXPECT_EQ(hub_.connections(), 1u);
}

}  // namespace
}  // namespace orch::cli

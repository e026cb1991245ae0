// Commands that need no hub: help, version, completion, describe-filter, and wrong usage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "auth/keyring.h"
#include "base/durable_file.h"
#include "base/random.h"
#include "base/version.h"
#include "cli/commands/command.h"
#include "cli/commands/examples.h"
#include "cli/options/name_range.h"
#include "cli/options/shell_words.h"
#include "cli/session/client_config.h"
#include "cli/session/help_page.h"
#include "tests/cli/run_cli.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using ::testing::HasSubstr;
using testing::RunCli;
using ::testing::StartsWith;

TEST(UsageTest, VersionNeedsNoConfiguration) {
  for (const char* word : {"version", "--version"}) {
    const CliResult result = RunCli({word}, {.variables = {{"ORCHCTL_CONFIG", "/nonexistent"}}});
    EXPECT_EQ(result.code, 0);
    EXPECT_EQ(result.out, std::string("orchctl ") + kVersion + "\n");
    EXPECT_EQ(result.err, "");
  }
}

TEST(UsageTest, HelpIsPrintedWithExitCodeZeroEverywhere) {
  const std::string general = RunCli({"help"}).out;
  EXPECT_EQ(RunCli({}).out, general);
  EXPECT_EQ(RunCli({"--help"}).out, general);
  for (const CommandEntry& entry : Commands()) {
    EXPECT_THAT(general, HasSubstr("  " + entry.name + " "));
    const CliResult help = RunCli({entry.name, "--help"});
    EXPECT_EQ(help.code, 0) << entry.name;
    EXPECT_THAT(help.out, HasSubstr(entry.summary));
    EXPECT_THAT(help.out, HasSubstr("Usage: orchctl " + entry.usage[0]));
    EXPECT_EQ(help.out, RunCli({"help", entry.name}).out);
    EXPECT_EQ(help.err, "");
    for (const std::string& alias : entry.aliases) EXPECT_EQ(RunCli({alias, "-h"}).out, help.out);
  }
}

TEST(UsageTest, HelpOfPingListsEveryFilterOption) {
  const std::string help = RunCli({"ping", "--help"}).out;
  for (const char* line : {"    -W, --with FILTER ", "    -S, --select FILTER ", "    -F, --wf, --with-fact fact=val  ",
                           "    -I, --wi, --with-identity IDENT "}) {
    EXPECT_THAT(help, HasSubstr(line));
  }
}

TEST(UsageTest, UnknownCommandNamesTheNearest) {
  const CliResult result = RunCli({"Pign"});
  EXPECT_EQ(result.code, 1) << "no plugin can be called so";
  EXPECT_EQ(result.err, "orchctl: unknown command 'Pign'; did you mean ping?\n");
  EXPECT_EQ(result.out, "");
}

TEST(UsageTest, AnUnknownCommandIsReportedEvenWithoutAHub) {
  const std::string dir = testing::NewTempDir();
  SystemRandom random;
  ASSERT_TRUE(auth::WriteNewCredentials(dir + "/credentials", &random).ok());
  ASSERT_TRUE(
      WriteFileDurably(
          dir + "/client.yaml",
          absl::StrCat("hub: 127.0.0.1:1\nname: x\ntls: {mode: plaintext}\ncredentials: ", dir, "/credentials\n"), 0600)
          .ok());
  const CliResult result = RunCli({"pign"}, {.variables = {{"ORCHCTL_CONFIG", dir + "/client.yaml"}}});
  EXPECT_EQ(result.code, 6) << result.err;
  EXPECT_THAT(result.err,
              StartsWith("orchctl: unknown command 'pign'; did you mean ping? Whether a plugin is called so "
                         "could not be asked: cannot connect to hub 127.0.0.1:1"));
  const CliResult plugin = RunCli({"deploy", "run"}, {.variables = {{"ORCHCTL_CONFIG", dir + "/client.yaml"}}});
  EXPECT_EQ(plugin.code, 6) << plugin.err;
  EXPECT_THAT(plugin.err, StartsWith("orchctl: cannot connect to hub 127.0.0.1:1"));
  EXPECT_THAT(plugin.err, HasSubstr("; only the hub knows whether 'deploy', which is no command of orchctl's own, "
                                    "is a plugin\n"));
}

TEST(UsageTest, WrongInputIsRefusedBeforeAnythingIsSent) {
  // The configuration names a hub that is not there: reaching for it would exit 6.
  const std::string dir = testing::NewTempDir();
  ASSERT_TRUE(WriteFileDurably(dir + "/client.yaml", "hub: 127.0.0.1:1\ntls: {mode: plaintext}\n", 0600).ok());
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"ping", "extra"}, "unexpected word 'extra'"},
      {{"ping", "--nosuch"}, "unknown option --nosuch"},
      {{"ping", "-F"}, "option -F needs a value"},
      {{"ping", "-F", "osfamily"}, "-F: column"},
      {{"ping", "-W", ""}, "-W: column 1"},
      {{"ping", "-S", "(a"}, "-S: column 1"},
      {{"ping", "--expect", "0"}, "--expect"},
      {{"ping", "--nodes", "/nonexistent"}, "/nonexistent"},
      {{"ping", "--limit", "abc"}, "'abc' is neither a number"},
      {{"ping", "-I", "web*"}, "/^web.*$/"},
      {{"invoke"}, "No agent, action and arguments specified"},
      {{"invoke", "rpcutil"}, "No agent, action and arguments specified"},
      {{"invoke", "rpcutil", "get_fact", "fact"}, "fact"},
      {{"invoke", "Bad!", "x"}, "is no plugin name"},
      {{"inventory"}, "Need to specify either a node name"},
      {{"inventory", "a b"}, "is no node name"},
      {{"facts"}, "no fact named"},
      {{"service", "sshd"}, "too few words"},
      {{"package"}, "too few words"},
      {{"hub"}, "usage: orchctl hub status"},
      {{"plugin", "doc", "a", "b"}, "unexpected word 'b'"},
      {{"plugin"}, "usage: orchctl plugin list|doc|generate|validate"},
      {{"plugin", "lsit"}, "unknown command 'plugin lsit'; did you mean plugin list?"},
      {{"completion", "tcsh"}, "bash, zsh and fish are known"},
      {{"completion"}, "usage"},
      {{"help", "Pnig!"}, "unknown command"},
      {{"ping", "-q", "-v"}, "exclude each other"},
      {{"ping", "--json", "--jsonl"}, "option --jsonl: it and --json exclude each other"},
      {{"ping", "-j", "--json=array"}, "exclude each other"},
  };
  for (auto [words, message] : cases) {
    words.insert(words.begin() + 1, {"--config", dir + "/client.yaml"});
    const CliResult result = RunCli(words);
    EXPECT_EQ(result.code, 1) << words[0] << ": " << result.err;
    EXPECT_THAT(result.err, HasSubstr(message));
    EXPECT_EQ(result.out, "");
  }
}

TEST(UsageTest, MissingConfigurationFileIsNamed) {
  const CliResult result = RunCli({"ping", "-c", "/nonexistent.yaml"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, HasSubstr("/nonexistent.yaml"));
}

TEST(UsageTest, OptionsMayStandBeforeTheCommand) {
  const CliResult result = RunCli({"-c", "/nonexistent.yaml", "-v", "ping"});
  EXPECT_THAT(result.err, HasSubstr("/nonexistent.yaml"));
}

// Its options and words are what the command takes; what the command does with them is not tried.
void ExpectExamplesParse(const CommandEntry& entry) {
  const std::vector<std::string> examples = ExamplesOf(entry.name);
  EXPECT_GE(examples.size(), 2u) << entry.name;
  EXPECT_LE(examples.size(), 3u) << entry.name;
  EXPECT_THAT(CommandHelp(entry), HasSubstr(absl::StrCat("\nExamples\n    ", examples.at(0), "\n")));
  for (const std::string& example : examples) {
    if (entry.name == "completion" || example == "orchctl --version") continue;  // a line for the shell
    auto words = SplitShellWords(example, "example");
    ASSERT_TRUE(words.ok() && words->size() > 1 && words->at(0) == "orchctl") << example;
    const std::string command = words->at(1);
    words->erase(words->begin(), words->begin() + 2);
    const CommandEntry* const meant = ResolveCommand(command, &*words);
    ASSERT_NE(meant, nullptr) << example;
    CommonOptions options;
    const CommandInstance instance = MakeCommand(*meant, &options);
    const auto parsed = instance.table.Parse(*words);
    EXPECT_TRUE(parsed.ok()) << example << ": " << parsed.status();
    EXPECT_TRUE(filter::Filter::Parse(*ExpandFilter(options.filter)).ok()) << example;
    EXPECT_TRUE(CheckCommonOptions(options).ok()) << example;
  }
  for (const CommandEntry& verb : entry.verbs) ExpectExamplesParse(verb);
}

TEST(UsageTest, EveryHelpHasTwoOrThreeExamplesThatParse) {
  for (const CommandEntry& entry : Commands()) ExpectExamplesParse(entry);
  EXPECT_THAT(RunCli({"--help"}).out, HasSubstr("\nExamples\n    orchctl ping\n"));
}

TEST(UsageTest, OnATerminalHelpIsWrappedToItsWidth) {
  const std::vector<std::vector<std::string>> screens = {
      {"--help"}, {"ping", "--help"}, {"invoke", "-h"}, {"job", "-h"}, {"help", "puppet"}};
  for (const std::vector<std::string>& words : screens) {
    const std::string piped = RunCli(words).out;
    const std::string shown = RunCli(words, {.terminal = true}).out;
    for (const absl::string_view line : absl::StrSplit(shown, '\n')) EXPECT_LE(line.size(), 80u) << line;
    const auto squeezed = [](const std::string& text) {
      return absl::StrJoin(absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty()), " ");
    };
    EXPECT_EQ(squeezed(shown), squeezed(piped)) << "not a word is lost";
  }
}

TEST(UsageTest, HelpLongerThanTheScreenGoesThroughThePager) {
  const std::string dir = testing::NewTempDir();
  ASSERT_TRUE(WriteFileDurably(dir + "/pager", "#!/bin/sh\ncat >\"$1\"\n", 0755).ok());
  const auto run = [&](bool terminal, const std::string& pager) {
    return RunCli({"ping", "--help"}, {.terminal = terminal, .variables = {{"PAGER", pager}}}).out;
  };
  EXPECT_EQ(run(true, absl::StrCat(dir, "/pager '", dir, "/a page'")), "");
  EXPECT_EQ(*ReadFile(dir + "/a page", 1u << 20), RunCli({"ping", "--help"}, {.terminal = true}).out);
  EXPECT_THAT(run(false, dir + "/pager " + dir + "/b"), HasSubstr("Usage: orchctl ping")) << "no terminal, no pager";
  EXPECT_THAT(run(true, "/nonexistent/pager"), HasSubstr("Usage: orchctl ping"));
  EXPECT_THAT(run(true, ""), HasSubstr("Usage: orchctl ping"));
  EXPECT_EQ(run(true, "true"), "") << "a pager that reads nothing is no trouble";
}

TEST(WrapHelpTest, BreaksAtBlanksAndKeepsTheExplanationsTogether) {
  EXPECT_EQ(WrapHelp("    -a, --all            Shows all of them and more\n", 40),
            "    -a, --all            Shows all of\n"
            "                         them and more\n");
  EXPECT_EQ(WrapHelp("Usage: orchctl some words that go on and on", 30),
            "Usage: orchctl some words that\n    go on and on");
  EXPECT_EQ(WrapHelp("short\n\nshort", 80), "short\n\nshort");
  EXPECT_EQ(WrapHelp(std::string(50, 'x') + " y", 40), std::string(50, 'x') + "\n    y");
  EXPECT_EQ(WrapHelp("a b c", 3), "a b c") << "too narrow to try";
}

void ExpectEachNameOnce(const CommandEntry& entry) {
  CommonOptions options;
  std::set<std::string> names;
  const CommandInstance instance = MakeCommand(entry, &options);
  for (const OptionSpec& spec : instance.table.specs()) {
    for (const std::string& name : spec.names) EXPECT_TRUE(names.insert(name).second) << entry.name << " " << name;
  }
  for (const CommandEntry& verb : entry.verbs) ExpectEachNameOnce(verb);
}

TEST(UsageTest, NoCommandDeclaresAnOptionTwice) {
  for (const CommandEntry& entry : Commands()) ExpectEachNameOnce(entry);
  const std::string help = RunCli({"puppet", "--help"}).out;
  const size_t splay = help.find(" --splay ");
  ASSERT_NE(splay, std::string::npos);
  EXPECT_EQ(help.find(" --splay ", splay + 1), std::string::npos) << "it is Puppet's own";
  EXPECT_EQ(help.find("--splay SECONDS"), std::string::npos);
}

TEST(UsageTest, MissingMCollectiveFeaturesNameTheirReplacement) {
  EXPECT_THAT(RunCli({"inventory", "--script", "x.mc"}).err, HasSubstr("'orchctl invoke rpcutil inventory -j'"));
  EXPECT_THAT(RunCli({"plugin", "package", "."}).err, HasSubstr("'orchctl plugin validate' checks them"));
  EXPECT_THAT(RunCli({"ping", "--reply-to", "x"}).err, HasSubstr("'orchctl job watch JOB'"));
  EXPECT_THAT(RunCli({"ping", "--dm", "puppetdb"}).err, HasSubstr("'puppetdb' is none of mc, flatfile, stdin"));
  EXPECT_THAT(RunCli({"ping", "--dm", "flatfile"}).err, HasSubstr("--dm flatfile needs the file: --do FILE"));
  EXPECT_THAT(RunCli({"ping", "--do", "x"}).err, HasSubstr("--do is the file of --dm flatfile"));
  EXPECT_THAT(RunCli({"ping", "--dm", "stdin", "--nodes", "x"}).err, HasSubstr("exclude each other"));
}

TEST(UsageTest, DescribeFilterExpandsRangesAndTheEmptyText) {
  const CliResult range = RunCli({"describe-filter", "-I", "web[09-10].x"});
  EXPECT_EQ(range.code, 0) << range.err;
  EXPECT_THAT(range.out, AllOf(HasSubstr("web09.x"), HasSubstr("web10.x")));
  EXPECT_THAT(RunCli({"describe-filter", "-F", "motd="}).out, HasSubstr("Check if fact 'motd' = ''"));
  EXPECT_THAT(RunCli({"describe-filter", "-I", "web[20-10]"}).err, HasSubstr("runs backwards"));
}

TEST(UsageTest, DescribeFilterExplainsWithoutAHub) {
  const CliResult result = RunCli({"describe_filter", "-S", "(osfamily=Debian or role=web) and not nginx"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("Check if fact 'osfamily' = 'Debian'"));
  EXPECT_THAT(result.out, HasSubstr("OR"));
}

TEST(ClientConfigTest, AnAddressThatCannotBeUsedIsNamedWithFileAndLine) {
  const std::string dir = testing::NewTempDir();
  ASSERT_TRUE(WriteFileDurably(dir + "/c.yaml", "name: n\nhub: h:70000\n", 0600).ok());
  const auto config = LoadClientConfig(Environment(), dir + "/c.yaml", "");
  EXPECT_THAT(std::string(config.status().message()), AllOf(HasSubstr("c.yaml:2"), HasSubstr("1 to 65535")));
  EXPECT_THAT(std::string(LoadClientConfig(Environment(), "", "h:0").status().message()), HasSubstr("--hub"));
}

TEST(ClientConfigTest, TheFirstExistingFileIsRead) {
  const std::string home = testing::NewTempDir();
  Environment env;
  env.variables = {{"HOME", home}};
  EXPECT_EQ(ExpandHome(env, "~/x"), home + "/x");
  EXPECT_EQ(ExpandHome(env, "/x"), "/x");
  ASSERT_TRUE(
      WriteFileDurably(home + "/a.yaml", "hub: a:1\nname: n\ntimeout: 5s\ncolor: never\ncache_dir: ~/c\n", 0600).ok());
  env.variables["ORCHCTL_CONFIG"] = home + "/a.yaml";
  const auto config = LoadClientConfig(env, "", "");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->hub.Text(), "a:1");
  EXPECT_EQ(config->timeout, absl::Seconds(5));
  EXPECT_EQ(config->cache_dir, home + "/c");
  EXPECT_EQ(LoadClientConfig(env, "", "b:2")->hub.Text(), "b:2");
}

TEST(ClientConfigTest, UnknownKeysAreErrors) {
  const std::string home = testing::NewTempDir();
  ASSERT_TRUE(WriteFileDurably(home + "/a.yaml", "hubb: a:1\n", 0600).ok());
  EXPECT_THAT(std::string(LoadClientConfig(Environment(), home + "/a.yaml", "").status().message()), HasSubstr("hub"));
}

}  // namespace
}  // namespace orch::cli

// What is offered for a half-written line, by the program and by the shells' scripts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/clock.h"
#include "base/process/find_program.h"
#include "base/process/process.h"
#include "base/process/process_spec.h"
#include "cli/commands/command.h"
#include "cli/completion/completion_script.h"
#include "tests/cli/fake_hub.h"
#include "tests/cli/run_cli.h"

namespace orch::cli {
namespace {

using testing::CliResult;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::RunCli;

class CompletionTest : public ::testing::Test {
 protected:
  CompletionTest() : dir_(testing::NewTempDir()), hub_(dir_) {
    hub_.nodes = {testing::MakeNode("web1.example.com", R"({"osfamily":"Debian","os":{"family":"Debian"}})"),
                  testing::MakeNode("web2.example.com", R"({"osfamily":"RedHat"})"),
                  testing::MakeNode("db1.example.com", R"({"cores":4})")};
    hub_.nodes[2].add_collectives("eu");
    hub_.ddls["filemgr"] = testing::FilemgrDdl();
    v1::Job job;
    job.set_job_id("0123456789abcdef0123456789abcdef");
    hub_.jobs = {job};
  }
  // The words offered, without their help.
  std::vector<std::string> Offered(const std::vector<std::string>& line) {
    std::vector<std::string> args = {"completion", "--complete", "-c", hub_.config_file(), "--"};
    args.insert(args.end(), line.begin(), line.end());
    const CliResult result = RunCli(args);
    EXPECT_EQ(result.code, 0);
    EXPECT_EQ(result.err, "");
    std::vector<std::string> words;
    for (const absl::string_view entry : absl::StrSplit(result.out, '\n', absl::SkipEmpty()))
      words.emplace_back(entry.substr(0, entry.find('\t')));
    return words;
  }

  const std::string dir_;
  testing::FakeHub hub_;
};

TEST_F(CompletionTest, OffersCommandsAndPlugins) {
  EXPECT_THAT(Offered({"pi"}), ElementsAre("ping"));
  EXPECT_THAT(Offered({"fi"}), ElementsAre("filemgr", "find"));
  EXPECT_THAT(Offered({""}), Contains("describe-filter"));
  EXPECT_THAT(Offered({"job", "re"}), ElementsAre("replies", "resume", "retry-failed"));
  EXPECT_THAT(Offered({"plugin", ""}), ElementsAre("doc", "generate", "list", "validate"));
  EXPECT_THAT(Offered({"hub", ""}), ElementsAre("status"));
  EXPECT_THAT(Offered({"help", "pin"}), ElementsAre("ping"));
}

TEST_F(CompletionTest, OffersOptionsAndTheirValues) {
  EXPECT_THAT(Offered({"ping", "--disp"}), ElementsAre("--display"));
  EXPECT_THAT(Offered({"ping", "--display", ""}), ElementsAre("all", "failed", "none", "ok"));
  EXPECT_THAT(Offered({"ping", "--display=o"}), ElementsAre("--display=ok"));
  EXPECT_THAT(Offered({"job", "list", "--st"}), ElementsAre("--state"));
  EXPECT_THAT(Offered({"job", "list", "--batch"}), IsEmpty()) << "list has no such option";
  EXPECT_THAT(Offered({"ping", "--nodes", ""}), ElementsAre(":files"));
  EXPECT_THAT(Offered({"ping", "--expect", ""}), IsEmpty());
}

TEST_F(CompletionTest, OffersPluginsActionsAndInputs) {
  EXPECT_THAT(Offered({"invoke", "fil"}), ElementsAre("filemgr"));
  EXPECT_THAT(Offered({"rpc", "filemgr", ""}), ElementsAre("status", "touch"));
  EXPECT_THAT(Offered({"invoke", "filemgr", "touch", "f"}), ElementsAre("file=", "force="));
  EXPECT_THAT(Offered({"invoke", "filemgr", "touch", "mode="}), ElementsAre("mode=hard", "mode=soft"));
  EXPECT_THAT(Offered({"invoke", "filemgr", "touch", "force=t"}), ElementsAre("force=true"));
  EXPECT_THAT(Offered({"filemgr", ""}), ElementsAre("status", "touch"));
  EXPECT_THAT(Offered({"filemgr", "touch", "--fo"}), ElementsAre("--force"));
  EXPECT_THAT(Offered({"filemgr", "touch", "--mode", ""}), ElementsAre("hard", "soft"));
  EXPECT_THAT(Offered({"filemgr", "-q", "touch", "m"}), ElementsAre("max_age=", "mode="));
  EXPECT_THAT(Offered({"filemgr", "touch", "--max_age", ""}), ElementsAre("5")) << "the default";
  EXPECT_THAT(Offered({"invoke", "filemgr", "touch", "--arg", "mode="}), ElementsAre("mode=hard", "mode=soft"));
  EXPECT_THAT(Offered({"package", "vim", "install", "v"}), ElementsAre("version="));
  EXPECT_THAT(Offered({"package", "install", "vim", "v"}), ElementsAre("version="));
  EXPECT_THAT(Offered({"service", "st"}), ElementsAre("status"));
  EXPECT_THAT(Offered({"plugin", "doc", "rp"}), ElementsAre("rpcutil"));
  EXPECT_THAT(Offered({"controller", "reload_agent", "rp"}), ElementsAre("rpcutil"));
  EXPECT_THAT(Offered({"puppet", "s"}), ElementsAre("status", "summary"));
  EXPECT_THAT(Offered({"puppetd", "re"}), IsEmpty()) << "resources are puppet's only";
  EXPECT_THAT(Offered({"nosuch", "x"}), IsEmpty());
}

TEST_F(CompletionTest, OffersNodesFactsCollectivesAndJobs) {
  EXPECT_THAT(Offered({"ping", "-I", "web"}), ElementsAre("web1.example.com", "web2.example.com"));
  EXPECT_THAT(Offered({"ping", "--with-identity=db"}), ElementsAre("--with-identity=db1.example.com"));
  EXPECT_THAT(Offered({"ping", "-I", "/web"}), IsEmpty()) << "a pattern is the user's own";
  EXPECT_THAT(Offered({"inventory", "d"}), ElementsAre("db1.example.com"));
  EXPECT_THAT(Offered({"find", "-F", "o"}), ElementsAre("os.family=", "osfamily="));
  EXPECT_THAT(Offered({"facts", "c"}), ElementsAre("cores"));
  EXPECT_THAT(Offered({"find", "-T", ""}), ElementsAre("eu", "mcollective"));
  EXPECT_THAT(Offered({"find", "-A", "ser"}), ElementsAre("service"));
  hub_.nodes[0].add_classes("role::web");
  hub_.nodes[1].add_classes("nginx");
  EXPECT_THAT(Offered({"find", "-C", ""}), ElementsAre("nginx", "ntp", "role::web"));
  EXPECT_THAT(Offered({"find", "--with-class=role::"}), ElementsAre("--with-class=role::web"));
  EXPECT_THAT(Offered({"find", "-W", "ng"}), ElementsAre("nginx"));
  EXPECT_THAT(Offered({"find", "-W", "o"}), ElementsAre("os.family=", "osfamily="));
  EXPECT_THAT(Offered({"find", "-S", "role"}), ElementsAre("role::web"));
  EXPECT_THAT(Offered({"job", "watch", "@"}), ElementsAre("@last"));
  EXPECT_THAT(Offered({"job", "watch", "01"}), ElementsAre("0123456789abcdef0123456789abcdef"));
  auto* value = hub_.fact_report.add_values();
  value->set_value_json("\"RedHat\"");
  EXPECT_THAT(Offered({"find", "-F", "osfamily="}), ElementsAre("osfamily=RedHat"));
  EXPECT_THAT(Offered({"find", "-F", "osfamily!=R"}), ElementsAre("osfamily!=RedHat"));
}

TEST_F(CompletionTest, AHubThatIsDownCostsNeitherErrorNorTime) {
  hub_.Stop();
  const absl::Time before = absl::Now();
  EXPECT_THAT(Offered({"pi"}), ElementsAre("ping"));
  EXPECT_THAT(Offered({"ping", "-I", ""}), IsEmpty());
  EXPECT_THAT(Offered({"filemgr", ""}), IsEmpty());
  EXPECT_LT(absl::Now() - before, 3 * absl::Seconds(1.5));
}

TEST_F(CompletionTest, ListsForScriptsAreKept) {
  EXPECT_THAT(RunCli({"completion", "--list-applications"}).out, ::testing::HasSubstr("ping\n"));
  EXPECT_THAT(RunCli({"completion", "--list-applications"}).out, ::testing::HasSubstr("rpc\n"));
}

std::string RunShell(const std::string& shell, const std::vector<std::string>& flags, const std::string& text) {
  SystemClock clock;
  ProcessSpec spec;
  spec.argv = {shell};
  spec.argv.insert(spec.argv.end(), flags.begin(), flags.end());
  spec.stdin_text = text;
  const auto run = RunProcess(spec, clock);
  EXPECT_TRUE(run.ok()) << run.status();
  return run.ok() ? run->out + run->err : "";
}

// A program in orchctl's place that shows what it is asked and answers what the test says.
std::string Bash(const std::string& answer, const std::string& line) {
  return RunShell(
      "bash", {},
      absl::StrCat(BashCompletion(), "\norchctl() { printf '<%s>' \"$@\" >&2; printf '", answer,
                   "'; }\nexec 2>&1\nCOMP_WORDS=(orchctl ", line, "); COMP_CWORD=$((${#COMP_WORDS[@]}-1))\n",
                   "sed_() { :; }\n", "_orchctl 2>/dev/null; printf '%s\\n' \"${COMPREPLY[@]}\"\n"));
}

TEST(CompletionScriptTest, BashOffersWhatTheProgramSays) {
  EXPECT_EQ(Bash("ping\\tPing all nodes\\npin\\t\\n", "pi"), "ping\npin\n");
  EXPECT_EQ(Bash("", "zzz"), "\n");
}

TEST(CompletionScriptTest, BashPutsTheLineTogetherThatItHasSplit) {
  // Bash has split --display=o at the =; what it replaces is only what stands behind.
  const std::string script = absl::StrCat(
      BashCompletion(),
      "\norchctl() { [ \"$*\" = 'completion --complete -- ping --display=o' ] && echo '--display=ok'; }\n",
      "COMP_WORDS=(orchctl ping --display = o); COMP_CWORD=4; _orchctl; echo \"${COMPREPLY[@]}\"\n",
      "orchctl() { [ \"$*\" = 'completion --complete -- find -F osfamily=' ] && echo 'osfamily=Debian'; }\n",
      "COMP_WORDS=(orchctl find -F osfamily =); COMP_CWORD=4; _orchctl; echo \"${COMPREPLY[@]}\"\n",
      "orchctl() { [ \"$*\" = 'completion --complete -- find -C role::w' ] && echo 'role::web'; }\n",
      "COMP_WORDS=(orchctl find -C role :: w); COMP_CWORD=5; _orchctl; echo \"${COMPREPLY[@]}\"\n");
  EXPECT_EQ(RunShell("bash", {}, script), "ok\nDebian\nweb\n");
}

TEST(CompletionScriptTest, BashOffersFilesWhereTheProgramWantsThem) {
  const std::string dir = testing::NewTempDir();
  const std::string script =
      absl::StrCat("cd ", dir, " && touch nodes.txt other && ", "cd ", dir, "\n", BashCompletion(),
                   "\norchctl() { echo :files; }\nCOMP_WORDS=(orchctl ping --nodes no); COMP_CWORD=3; _orchctl; echo "
                   "\"${COMPREPLY[@]}\"\n");
  EXPECT_EQ(RunShell("bash", {}, script), "nodes.txt\n");
}

TEST(CompletionScriptTest, FishOffersWhatTheProgramSays) {
  if (!FindProgram("fish").ok()) GTEST_SKIP() << "fish is not installed";
  EXPECT_EQ(RunShell("fish", {"-n"}, RunCli({"completion", "fish"}).out), "");
  const std::string script =
      absl::StrCat(FishCompletion(),
                   "\nfunction orchctl; test \"$argv\" = 'completion --complete -- ping --sen'; and printf "
                   "'--senders\\tx\\n'; end\ncomplete -C 'orchctl ping --sen'\n");
  EXPECT_EQ(RunShell("fish", {}, script), "--senders\tx\n");
}

TEST(CompletionScriptTest, ScriptsAreValid) {
  EXPECT_EQ(RunShell("bash", {"-n"}, RunCli({"completion", "bash"}).out), "");
  if (!FindProgram("zsh").ok()) GTEST_SKIP() << "zsh is not installed";
  EXPECT_EQ(RunShell("zsh", {"-n"}, RunCli({"completion", "zsh"}).out), "");
}

}  // namespace
}  // namespace orch::cli

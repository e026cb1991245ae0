#include "actions/plugins/nrpe/nrpe_plugin.h"

#include "absl/strings/str_cat.h"
#include "actions/catalog/builtin_catalog.h"
#include "actions/plugins/nrpe/checks.h"
#include "actions/plugins/nrpe/command_line.h"
#include "gmock/gmock.h"
#include "tests/actions/core/fake_node.h"
#include "tests/support/temp_folder.h"

namespace orch::actions {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Words = std::vector<std::string>;

std::string ErrorOf(const std::string& line, const Words* arguments = nullptr) {
  return std::string(CheckArgv(line, arguments).status().message());
}

TEST(CheckArgvTest, SplitsAsAShellWould) {
  EXPECT_THAT(*CheckArgv("/usr/lib/check_load  -w 15,10,5\t-c '30 25' \"a b\"c\\ d \"\" e=\"\\\"q\\\"\"", nullptr),
              ElementsAre("/usr/lib/check_load", "-w", "15,10,5", "-c", "30 25", "a bc d", "", "e=\"q\""));
  EXPECT_THAT(*CheckArgv("/x -w ~:10 -c @1:2 'a|b;c$d' \"a;b\" a\\;b u#1", nullptr),
              ElementsAre("/x", "-w", "~:10", "-c", "@1:2", "a|b;c$d", "a;b", "a;b", "u#1"));
}

TEST(CheckArgvTest, RefusesWhatOnlyAShellUnderstands) {
  for (const char* line : {"/x | /y", "/x; /y", "/x && /y", "/x > /tmp/z", "/x < /y", "/x `id`", "/x \"`id`\"",
                           "/x (a)", "/x *.log", "/x a?", "/x ~/a", "/x # note", "/x {a,b}"}) {
    EXPECT_THAT(ErrorOf(line), HasSubstr("only a shell understands")) << line;
  }
  EXPECT_THAT(ErrorOf("/x $HOME"), HasSubstr("holds a $"));
  EXPECT_THAT(ErrorOf("/x \"$(id)\""), HasSubstr("holds a $"));
  EXPECT_THAT(ErrorOf("/x $ARG17$"), HasSubstr("holds a $"));
  EXPECT_THAT(ErrorOf("/x 'a"), HasSubstr("not closed"));
  EXPECT_THAT(ErrorOf("/x \\"), HasSubstr("backslash"));
  EXPECT_THAT(ErrorOf("  "), HasSubstr("empty"));
}

TEST(CheckArgvTest, AnArgumentStaysInsideItsWord) {
  const Words given = {"10 20; id", "$ARG1$"};
  EXPECT_THAT(*CheckArgv("/x -w $ARG1$ -c=\"$ARG2$%\" '$ARG1$' $ARG3$ \"$ARG3$\"", &given),
              ElementsAre("/x", "-w", "10 20; id", "-c=$ARG1$%", "10 20; id", ""));
  EXPECT_THAT(ErrorOf("/x $ARG1$"), HasSubstr("allow_args"));
}

TEST(CheckOutputTest, TextAndPerformanceDataArePartedAsNagiosDoes) {
  CheckResult result;
  SplitCheckOutput("LOAD OK - 0.5|load1=0.5;5\nlong text\nmore | a=1\nb=2\n", &result);
  EXPECT_EQ(result.output, "LOAD OK - 0.5\nlong text\nmore");
  EXPECT_EQ(result.perfdata, "load1=0.5;5 a=1 b=2");
  SplitCheckOutput("plain\n", &result);
  EXPECT_EQ(result.output, "plain");
  EXPECT_EQ(result.perfdata, "");
}

class NrpeTest : public ActionTest {
 protected:
  NrpeTest() {
    options_.settings["nrpe.conf_dir"] = folder_.Path("nrpe.d");
    const std::string check = folder_.Write("check", R"(#!/bin/sh
case $1 in
  ok) echo 'LOAD OK - fine | load=1'; exit 0;;
  warning) echo 'LOAD WARNING'; exit 1;;
  critical) echo 'LOAD CRITICAL'; exit 2;;
  odd) echo odd; exit 77;;
  hang) exec /bin/sleep 60;;
  *) echo "$# $2"; exit 0;;
esac
)",
                                            0755);
    folder_.Write("nrpe.d/a.cfg", absl::StrCat("# a note\ncommand[ok]=", check, " ok\ncommand[warning] = ", check,
                                               " warning\ncommand[critical]=", check, " critical\ncommand[odd]=", check,
                                               " odd\ncommand[twice]=/no/such\nserver_port=5666\n"));
    folder_.Write("nrpe.d/b.cfg",
                  absl::StrCat("command[twice]=", check, " ok\ncommand[args]=", check, " args $ARG1$\n"));
    folder_.Write("nrpe.d/c.txt", "command[none]=/bin/true\n");
    check_ = check;
  }
  Reply Check(const char* name, const char* args = nullptr) {
    Json inputs = {{"command", name}};
    if (args != nullptr) inputs["args"] = args;
    return Run("nrpe", "runcommand", inputs);
  }
  TempFolder folder_;
  std::string check_;
};

TEST_F(NrpeTest, AGoodCheckHasTextAndPerformanceData) {
  const Reply reply = Check("ok");
  EXPECT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data,
            (Json{{"command", "ok"}, {"exitcode", 0}, {"output", "LOAD OK - fine"}, {"perfdata", "load=1"}}));
  EXPECT_EQ(Check("twice").data["exitcode"], 0);  // the later file wins
}

TEST_F(NrpeTest, AFileOfAWindowsEditorNamesTheSameChecks) {
  folder_.Write("nrpe.d/d.cfg", absl::StrCat("\xEF\xBB\xBF"
                                             "command[marked]=",
                                             check_, " ok\r\ncommand[next]=", check_, " ok\r\n"));
  EXPECT_EQ(Check("marked").data["output"], "LOAD OK - fine");
  EXPECT_EQ(Check("next").data["output"], "LOAD OK - fine");
}

TEST_F(NrpeTest, AFailedCheckSaysItsState) {
  EXPECT_EQ(Check("warning").status_message, "WARNING: LOAD WARNING") << "the check's own line";
  EXPECT_EQ(Check("warning").data["exitcode"], 1);
  const Reply critical = Check("critical");
  EXPECT_EQ(critical.status_code, kAborted);
  EXPECT_EQ(critical.status_message, "CRITICAL: LOAD CRITICAL");
  EXPECT_EQ(critical.data["output"], "LOAD CRITICAL");
  EXPECT_EQ(Check("odd").status_message, "UNKNOWN: odd");
  EXPECT_EQ(Check("odd").data["exitcode"], 3);
}

TEST_F(NrpeTest, TheCheckIsShownAlsoWhenItIsGood) {
  const auto catalog = BuiltinCatalog(options_, &node_.clock);
  EXPECT_EQ(catalog->Find("nrpe")->ddl()->FindAction("runcommand")->display, ddl::Display::kAlways);
  options_.settings["nrpe.command.mute"] = "/bin/false";
  EXPECT_EQ(Check("mute").status_message, "WARNING");
}

TEST_F(NrpeTest, ACheckThatCannotRunIsUnknown) {
  EXPECT_THAT(Check("none").status_message, HasSubstr("no check none"));
  EXPECT_EQ(Check("none").data["exitcode"], 3);
  options_.settings["nrpe.command.gone"] = "/no/such/program";
  options_.settings["nrpe.command.piped"] = "/bin/true | /bin/false";
  options_.settings["nrpe.command.hang"] = check_ + " hang";
  options_.settings["nrpe.command_timeout"] = "1";
  EXPECT_EQ(Check("gone").data["exitcode"], 3);
  EXPECT_THAT(Check("piped").data["output"].get<std::string>(), HasSubstr("only a shell"));
  EXPECT_THAT(Check("hang").data["output"].get<std::string>(), HasSubstr("timed out"));
}

TEST_F(NrpeTest, ArgumentsNeedTheNodesLeaveAndReachTheCheckWhole) {
  EXPECT_THAT(Check("args", "a b").status_message, HasSubstr("allow_args"));
  EXPECT_THAT(Check("args").data["output"].get<std::string>(), HasSubstr("allow_args"));
  options_.settings["nrpe.allow_args"] = "true";
  EXPECT_EQ(Check("args", "a b").data["output"], "2 a b");
  EXPECT_EQ(Check("args", "a b!c").data["output"], "2 a b");
  for (const char* bad : {"$(id)", "a;b", "a|b", "`id`", "a'b", "a\x01"}) {
    EXPECT_EQ(Check("args", bad).status_code, kInvalidInput) << bad;
  }
}

TEST_F(NrpeTest, AllChecksRunThoughSomeFail) {
  const Reply reply = Run("nrpe", "runallcommands");
  EXPECT_EQ(reply.status_code, kOk);
  const Json& all = reply.data["commands"];
  EXPECT_EQ(all.size(), 6u);
  EXPECT_EQ(all["ok"]["perfdata"], "load=1");
  EXPECT_EQ(all["critical"]["exitcode"], 2);
}

TEST_F(NrpeTest, OneFileMayTakeThePlaceOfTheFolder) {
  options_.settings["nrpe.conf_file"] = folder_.Write("one.cfg", "command[only]=/bin/true\n");
  EXPECT_EQ(Check("only").data["exitcode"], 0);
  EXPECT_THAT(Check("ok").status_message, HasSubstr("no check"));
  options_.settings["nrpe.conf_file"] = folder_.Path("missing.cfg");
  EXPECT_EQ(Check("only").status_code, kAborted);
  options_.settings.erase("nrpe.conf_file");
  options_.settings["nrpe.conf_path"] = folder_.Path("missing") + ":" + folder_.Path("nrpe.d");
  EXPECT_EQ(Check("ok").data["exitcode"], 0);
}

TEST_F(NrpeTest, ANameThatIsNoNameNeverReachesTheConfiguration) {
  for (const char* name : {"a b", "../x", "a;b", "", "a\nb"}) {
    EXPECT_NE(Check(name).status_code, kOk) << name;
    EXPECT_NE(Check(name).status_code, kAborted) << name;
  }
}

}  // namespace
}  // namespace orch::actions

// Inputs that do not stand on the command line: from files, standard input and the terminal.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "tests/cli/fake_hub_test.h"

namespace orch::cli {
namespace {

using ::testing::AllOf;
using testing::CliResult;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::PipeWith;
using ::testing::SizeIs;

class InputSourceTest : public FakeHubTest {
 protected:
  InputSourceTest() {
    hub_.ddls["vault"] =
        R"({"metadata":{"license":"x","author":"x","timeout":5,"name":"vault","version":"1","url":"x","description":"x"},
"actions":[{"action":"open","description":"x","display":"always","impact":"read","input":{
"password":{"prompt":"Password","description":"x","type":"string","optional":false,"validation":".","maxlength":2000,"sensitive":true},
"extra":{"prompt":"x","description":"x","type":"hash","optional":true,"sensitive":true},
"note":{"prompt":"x","description":"x","type":"string","optional":true,"validation":"","maxlength":200}},"output":{}}]})";
  }
  std::string File(const std::string& text) {
    const std::string path = absl::StrCat(dir_, "/input", ++files_);
    EXPECT_TRUE(WriteFileDurably(path, text, 0600).ok());
    return path;
  }
  int files_ = 0;
  std::string Sent() { return hub_.invoked().empty() ? "nothing" : hub_.invoked().back().inputs_json(); }
};

TEST_F(InputSourceTest, ASensitiveInputIsReadFromAFileInEveryFormOfTheCommand) {
  const std::string at = "@" + File("sword \"fish\"\n");
  const char* const kExpected = R"({"password":"sword \"fish\""})";
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"invoke", "vault", "open", "password=" + at},
           {"invoke", "--plugin", "vault", "--action", "open", "--arg", "password=" + at},
           {"vault", "open", "--password", at},
           {"vault", "open", "--password=" + at},
           {"vault", "open", "password=" + at}}) {
    const CliResult result = Run(words);
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(Sent(), kExpected) << words.back();
  }
  EXPECT_THAT(hub_.invoked(), SizeIs(5));
}

TEST_F(InputSourceTest, OnlyTheLastLineEndIsLeftOut) {
  Run({"vault", "open", "password=@" + File("a\n\nb\n\n")});
  EXPECT_EQ(Sent(), R"({"password":"a\n\nb\n"})");
  Run({"vault", "open", "password=@" + File("a\r\n")});
  EXPECT_EQ(Sent(), R"({"password":"a"})");
}

TEST_F(InputSourceTest, InOtherInputsAtIsAnOrdinaryCharacter) {
  Run({"vault", "open", "password=@@home", "note=@home"});
  EXPECT_EQ(Sent(), R"({"note":"@home","password":"@home"})");
}

TEST_F(InputSourceTest, StandardInputHoldsTheValueAndIsThenNoNodeList) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"invoke", "vault", "open", "password=@-"}, {"vault", "open", "--password", "@-"}}) {
    const PipeWith input("swordfish\n");
    const CliResult result = Run(words, {.stdin_fd = input.fd()});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(Sent(), R"({"password":"swordfish"})");
    EXPECT_FALSE(hub_.invoked().back().target().has_identities());
  }
  const PipeWith both("x\n");
  const CliResult refused = Run({"vault", "open", "password=@-", "--nodes", "-"}, {.stdin_fd = both.fd()});
  EXPECT_EQ(refused.code, 1);
  EXPECT_THAT(refused.err, HasSubstr("input 'password': standard input can be read for one thing only"));
}

TEST_F(InputSourceTest, InputsComeFromAFileOrStandardInputAsOneObject) {
  Run({"vault", "open", "--input-file", File(R"({"password": "p", "extra": {"n": 5}})"), "note=n"});
  EXPECT_EQ(Sent(), R"({"extra":{"n":5},"note":"n","password":"p"})");
  const PipeWith input(R"({"password": "q"})");
  const CliResult piped = Run({"invoke", "vault", "open", "--input-file", "-"}, {.stdin_fd = input.fd()});
  EXPECT_EQ(piped.code, 0) << piped.err;
  EXPECT_EQ(Sent(), R"({"password":"q"})");
}

TEST_F(InputSourceTest, OnATerminalARequiredSensitiveInputIsAskedFor) {
  const PipeWith typed("swordfish\n");
  const CliResult result = Run({"vault", "open"}, {.stdin_fd = typed.fd(), .terminal = true});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("Password (input password, not shown): "));
  EXPECT_EQ(Sent(), R"({"password":"swordfish"})");
  const PipeWith again("x\n");
  Run({"vault", "open", "password=@-"}, {.stdin_fd = again.fd(), .terminal = true});
  EXPECT_EQ(Sent(), R"({"password":"x"})");
  const PipeWith ended("");
  const CliResult none = Run({"vault", "open"}, {.stdin_fd = ended.fd(), .terminal = true});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("nothing is sent"));
  EXPECT_THAT(hub_.invoked(), SizeIs(2));
}

TEST_F(InputSourceTest, CtrlCAtTheQuestionSendsNothing) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Interrupt interrupt;
  const CliResult result =
      Run({"vault", "open"},
          {.stdin_fd = ends[0], .terminal = true, .interrupt = &interrupt, .on_text = [&](const std::string& text) {
             if (text.find("not shown") != std::string::npos) interrupt.Raise();
           }});
  EXPECT_EQ(result.code, 130) << result.err;
  EXPECT_THAT(hub_.invoked(), IsEmpty());
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(InputSourceTest, WithoutATerminalTheErrorSaysHowItCanBeGiven) {
  const CliResult result = Run({"vault", "open"});
  EXPECT_EQ(result.code, 1);
  EXPECT_THAT(result.err, AllOf(HasSubstr("input 'password': is required, and sensitive"), HasSubstr("password=@FILE"),
                                HasSubstr("--input-file")));
  EXPECT_THAT(hub_.invoked(), IsEmpty());
}

TEST_F(InputSourceTest, NoErrorContainsAValue) {
  const std::vector<std::vector<std::string>> cases = {
      {"password=@/nonexistent/swordfish-is-not-here"},
      {"password=x", "extra=@" + File("{\"swordfish")},
      {"password=x", "extra={\"swordfish"},
      {"--input-file", File("{\"password\": \"swordfish\"")},
      {"--input-file", File("{\"password\": \"swordfish\"}"), "password=x"},
      {"password=@" + File(std::string(2001, 's') + "swordfish")},
      {"password=@" + File(std::string((1u << 20) + 1, 's') + "swordfish")}};
  for (size_t i = 0; i < cases.size(); ++i) {
    std::vector<std::string> words = {"vault", "open"};
    words.insert(words.end(), cases[i].begin(), cases[i].end());
    const CliResult result = Run(words);
    EXPECT_EQ(result.code, 1) << i;
    const bool named = i == 0;  // the name of the file that is not there
    EXPECT_EQ(absl::StrContains(result.err, "swordfish"), named) << result.err;
  }
  EXPECT_THAT(Run({"vault", "open", "password=@/nonexistent"}).err,
              AllOf(HasSubstr("cannot read /nonexistent"), HasSubstr("with a second @")));
  EXPECT_THAT(hub_.invoked(), IsEmpty());
}

}  // namespace
}  // namespace orch::cli

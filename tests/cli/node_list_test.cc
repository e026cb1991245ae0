#include "cli/session/node_list.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "cli/terminal/string_output.h"
#include "tests/cli/run_cli.h"

namespace orch::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string Error(const std::string& text, const std::string& source = "list") {
  return std::string(ParseNodeList(text, source).status().message());
}

TEST(NodeListTest, TextSkipsCommentsBlanksAndRepeats) {
  EXPECT_THAT(*ParseNodeList("# web\nweb1.x\n\n  web2.x \r\nweb1.x\n", "list"), ElementsAre("web1.x", "web2.x"));
}

TEST(NodeListTest, TextMayHaveACommentAfterAName) {
  EXPECT_THAT(*ParseNodeList("web1.x # the old one\nweb2.x#new\n  # none\n", "list"), ElementsAre("web1.x", "web2.x"));
  EXPECT_THAT(Error("ok\nweb* # all\n"), HasSubstr("list: line 2: 'web*' is no node name"));
}

TEST(NodeListTest, JsonArraysMayHoldNamesOrObjects) {
  EXPECT_THAT(*ParseNodeList(R"(["a", {"sender":"b","statuscode":0}, {"certname":"c"}, {"identity":"d"}])", "list"),
              ElementsAre("a", "b", "c", "d"));
}

TEST(NodeListTest, JsonObjectOfAJobGivesItsSenders) {
  EXPECT_THAT(*ParseNodeList(R"({"agent":"rpcutil","replies":[{"sender":"a"},{"sender":"b"}]})", "list"),
              ElementsAre("a", "b"));
}

TEST(NodeListTest, JsonLinesSkipWhatIsNoResult) {
  EXPECT_THAT(*ParseNodeList("{\"kind\":\"discovery\",\"count\":2}\n{\"kind\":\"result\",\"sender\":\"a\"}\n"
                             "{\"kind\":\"result\",\"sender\":\"b\"}\n{\"kind\":\"stats\"}\n",
                             "list"),
              ElementsAre("a", "b"));
  EXPECT_THAT(*ParseNodeList("{\"certname\":\"a\"}", "list"), ElementsAre("a"));
}

TEST(NodeListTest, YamlIsAListOrAMapWithNodes) {
  EXPECT_THAT(*ParseNodeList("- a\n- b\n", "list"), ElementsAre("a", "b"));
  EXPECT_THAT(*ParseNodeList("nodes:\n  - a\n", "list.yaml"), ElementsAre("a"));
  EXPECT_THAT(Error("other: 1\n", "list.yaml"), HasSubstr("expected a list of names"));
  EXPECT_THAT(Error("- [a]\n"), HasSubstr("entry 1: expected a name"));
  EXPECT_THAT(Error("---\n- 'a\n"), HasSubstr("list:3: not valid YAML"));
}

TEST(NodeListTest, YamlNamesAreTextAndAliasesAreFollowed) {
  EXPECT_THAT(*ParseNodeList("- 0x10\n- 1_000\n- on\n- &a web1\n- *a\n- 'web2'\n", "list"),
              ElementsAre("0x10", "1_000", "on", "web1", "web2"));
  EXPECT_THAT(Error("nodes: [a]\nnodes: [b]\n", "list.yaml"), HasSubstr("given twice"));
}

TEST(NodeListTest, AByteOrderMarkAndCrlfAreRead) {
  EXPECT_THAT(*ParseNodeList("\xEF\xBB\xBFweb1.x\r\nweb2.x\r\n", "list"), ElementsAre("web1.x", "web2.x"));
  EXPECT_THAT(*ParseNodeList("\xEF\xBB\xBF- web1.x\r\n- web2.x\r\n", "list"), ElementsAre("web1.x", "web2.x"));
  EXPECT_THAT(*ParseNodeList("\xEF\xBB\xBF[\"web1.x\"]\r\n", "list"), ElementsAre("web1.x"));
  EXPECT_THAT(Error("\xFF\xFEw\0", "list"), HasSubstr("UTF-16"));
}

TEST(NodeListTest, WrongNamesAreReportedWithTheirPlace) {
  EXPECT_THAT(Error("ok\nweb*\n"), HasSubstr("list: line 2: 'web*' is no node name"));
  EXPECT_THAT(Error(R"(["a", 3])"), HasSubstr("entry 2: expected a name"));
  EXPECT_THAT(Error(R"([{"sender": 1}])"), HasSubstr("entry 1: sender must be a string"));
  EXPECT_THAT(Error("{\"kind\":\"result\",\"sender\":\"a\"}\n{broken\n"), HasSubstr("line 2"));
  EXPECT_THAT(Error("[1"), HasSubstr("list"));
  EXPECT_THAT(Error("\x1b[31m\n"), HasSubstr("\\x1b"));
}

TEST(NodeListTest, AnEmptyListIsNeverEverything) {
  for (const char* text : {"", "\n\n", "# nothing\n", "[]", R"({"replies":[]})", "{\"kind\":\"stats\"}\n"}) {
    EXPECT_THAT(Error(text), HasSubstr("holds no node names")) << text;
  }
}

TEST(NodeListTest, MissingFileIsNamed) {
  EXPECT_THAT(std::string(ReadNodeFile("/nonexistent/nodes").status().message()), HasSubstr("/nonexistent/nodes"));
}

class StdinTest : public ::testing::Test {
 protected:
  Environment Env(int fd, bool terminal = false) {
    Environment env;
    env.err = &err_;
    env.stdin_fd = fd;
    env.stdin_is_terminal = terminal;
    return env;
  }
  StringOutput err_;
};

TEST_F(StdinTest, PipesSocketsAndFilesAreListsDevicesAreNot) {
  const testing::PipeWith pipe("a\n");
  EXPECT_TRUE(StdinIsList(Env(pipe.fd())));
  EXPECT_FALSE(StdinIsList(Env(pipe.fd(), true)));
  EXPECT_FALSE(StdinIsList(Env(-1)));
  EXPECT_FALSE(StdinIsList(Env(987)));  // closed
  const int null = ::open("/dev/null", O_RDONLY);
  EXPECT_FALSE(StdinIsList(Env(null)));
  ::close(null);
  int sockets[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), 0);
  EXPECT_TRUE(StdinIsList(Env(sockets[0])));
  ::close(sockets[0]);
  ::close(sockets[1]);
  const std::string path = testing::NewTempDir() + "/nodes";
  ASSERT_TRUE(WriteFileDurably(path, "a\n", 0600).ok());
  const int file = ::open(path.c_str(), O_RDONLY);
  EXPECT_TRUE(StdinIsList(Env(file)));
  EXPECT_THAT(*ReadNodesFromStdin(Env(file)), ElementsAre("a"));
  ::close(file);
}

TEST_F(StdinTest, AnEmptyPipeIsAnErrorThatSaysWhatToDo) {
  for (const char* text : {"", " \n\n"}) {
    const testing::PipeWith pipe(text);
    EXPECT_THAT(std::string(ReadNodesFromStdin(Env(pipe.fd())).status().message()),
                AllOf(HasSubstr("empty node list; nothing is sent"), HasSubstr("--no-stdin")));
  }
}

TEST_F(StdinTest, ATooLongListIsRefused) {
  const std::string path = testing::NewTempDir() + "/nodes";
  ASSERT_TRUE(WriteFileDurably(path, std::string(kMaxNodeListBytes + 2, 'a'), 0600).ok());
  const int file = ::open(path.c_str(), O_RDONLY);
  EXPECT_THAT(std::string(ReadNodesFromStdin(Env(file)).status().message()), HasSubstr("more than 4 MiB"));
  ::close(file);
  EXPECT_EQ(ReadNodeFile(path).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(StdinTest, CtrlCEndsTheWaitForAList) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  Interrupt interrupt;
  interrupt.Raise();
  Environment env = Env(ends[0]);
  env.interrupt = &interrupt;
  EXPECT_EQ(ReadNodesFromStdin(env).status().code(), absl::StatusCode::kCancelled);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace orch::cli

#include "base/log.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/json.h"
#include "base/log_rate.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class LogTest : public testing::Test {
 protected:
  ~LogTest() override {
    EXPECT_TRUE(InitLog(LogLevel::kWarning, /*json=*/false, "").ok());
    std::remove(path_.c_str());
  }
  void Start(LogLevel level, bool json) { ASSERT_TRUE(InitLog(level, json, path_).ok()); }
  std::vector<std::string> Lines() const {
    std::ifstream file(path_);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return absl::StrSplit(text, '\n', absl::SkipEmpty());
  }
  const std::string path_ =
      absl::StrCat(testing::TempDir(), "/", testing::UnitTest::GetInstance()->current_test_info()->name(), ".log");
};

TEST_F(LogTest, WritesMessageAndFieldsOnOneLine) {
  Start(LogLevel::kInfo, /*json=*/false);
  LogInfo("node attached", {{"node", "web1"}, {"reason", "two words"}, {"empty", ""}});
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_THAT(Lines()[0], EndsWith(" info node attached node=web1 reason=\"two words\" empty=\"\""));
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  Start(LogLevel::kWarning, /*json=*/false);
  LogInfo("quiet");
  LogWarning("loud");
  EXPECT_FALSE(LogEnabled(LogLevel::kInfo));
  EXPECT_TRUE(LogEnabled(LogLevel::kError));
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_THAT(Lines()[0], HasSubstr("loud"));
}

TEST_F(LogTest, EscapesControlCharactersFromAPeer) {
  Start(LogLevel::kInfo, /*json=*/false);
  LogWarning("refused\nmessage", {{"node", "web1\n2026-01-01 info all is well"}, {"name", "a\x1b[2J\x7f\rb"}});
  ASSERT_THAT(Lines(), SizeIs(1));
  const std::string line = Lines()[0];
  for (const char c : line) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) << line;
  EXPECT_THAT(line, HasSubstr("web1\\n2026"));
  EXPECT_THAT(line, HasSubstr("a\\x1b[2J\\x7f\\rb"));
}

TEST_F(LogTest, EscapesControlCharactersWrittenInUtf8) {
  Start(LogLevel::kInfo, /*json=*/false);
  LogWarning("refused", {{"name",
                          "a\xc2\x9b"
                          "2Jb"},
                         {"word", "na\xc3\xafve"}});  // U+009B is CSI to a terminal
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_THAT(Lines()[0], Not(HasSubstr("\xc2\x9b")));
  EXPECT_THAT(Lines()[0], HasSubstr("a\\x9b2Jb"));
  EXPECT_THAT(Lines()[0], HasSubstr("na\xc3\xafve"));
}

TEST_F(LogTest, AValueCannotLookLikeFurtherFields) {
  Start(LogLevel::kInfo, /*json=*/false);
  LogInfo("x", {{"node", "a\" caller=\"root"}, {"wide", "b\u3000caller=root"}, {"bidi", "\u202e"}});
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_THAT(Lines()[0], Not(HasSubstr("\" caller=\"root")));
  EXPECT_THAT(Lines()[0], HasSubstr("wide=\"b\u3000caller=root\" bidi=\"\\u202e\""));
}

TEST_F(LogTest, WritesJsonThatParsesWhateverThePeerSent) {
  Start(LogLevel::kInfo, /*json=*/true);
  LogError("bad \"quote\"\n", {{"node", "web\x1b\n\xff"}, {"bidi", "\u202e\u009b"}, {"percent", "%v {} {0}"}});
  ASSERT_THAT(Lines(), SizeIs(1));
  const absl::StatusOr<Json> line = ParseJsonObject(Lines()[0], "log line");
  ASSERT_TRUE(line.ok()) << line.status() << Lines()[0];
  EXPECT_EQ((*line)["message"], "bad \"quote\"\n");
  EXPECT_EQ((*line)["node"], "web\x1b\n\xEF\xBF\xBD");
  EXPECT_EQ((*line)["bidi"], "\u202e\u009b");
  EXPECT_THAT(Lines()[0], HasSubstr(R"("bidi":"\u202e\u009b")"));
  EXPECT_EQ((*line)["percent"], "%v {} {0}");
  EXPECT_EQ((*line)["level"], "error");
}

TEST_F(LogTest, BracesAndPercentSignsAreText) {
  Start(LogLevel::kInfo, /*json=*/false);
  LogInfo("100 %v {} {0}");
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_THAT(Lines()[0], EndsWith("info 100 %v {} {0}"));
}

TEST_F(LogTest, AFloodOfOneMessageIsBoundedAndCounted) {
  Start(LogLevel::kInfo, /*json=*/false);
  for (int i = 0; i < 1000; ++i) LogInfo("node attached", {{"node", absl::StrCat("n", i)}});
  LogWarning("another");
  const std::vector<std::string> lines = Lines();
  ASSERT_THAT(lines, SizeIs(LogRate::kMostLines + 2));
  EXPECT_THAT(lines[LogRate::kMostLines], HasSubstr("too many lines"));
  EXPECT_THAT(lines[LogRate::kMostLines], HasSubstr("of=\"node attached\""));
  EXPECT_THAT(lines.back(), HasSubstr("warning another"));
}

TEST_F(LogTest, NamesAFileThatCannotBeOpened) {
  const absl::Status status = InitLog(LogLevel::kInfo, false, "/proc/no/such/log");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/no/such/log"));
}

TEST_F(LogTest, LinesThatTheDiskCannotTakeAreCounted) {
  Start(LogLevel::kInfo, /*json=*/false);
  LogInfo("before");
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit full = before;
  full.rlim_cur = std::filesystem::file_size(path_) + 10;  // a part of one line
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &full), 0);
  LogInfo("lost");
  LogInfo("also lost");
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  LogInfo("after");
  const std::vector<std::string> lines = Lines();
  ASSERT_THAT(lines, SizeIs(4));
  EXPECT_THAT(lines[1], SizeIs(10)) << "the part that was written";
  EXPECT_THAT(lines[2], EndsWith(" warning log lines could not be written count=2"));
  EXPECT_THAT(lines[3], EndsWith(" info after"));
}

TEST(ParseLogLevelTest, NamesTheLevelsForAnUnknownOne) {
  LogLevel level = LogLevel::kOff;
  EXPECT_TRUE(ParseLogLevel("debug", &level).ok());
  EXPECT_EQ(level, LogLevel::kDebug);
  const absl::Status status = ParseLogLevel("verbose", &level);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("debug, info, warning, error or off"));
}

TEST_F(LogTest, IsOpenedAnewAfterARotationForItsOwnerAlone) {
  Start(LogLevel::kInfo, /*json=*/true);
  struct stat made;
  ASSERT_EQ(stat(path_.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0600u);
  LogInfo("before");
  const std::string rotated = absl::StrCat(path_, ".1");
  ASSERT_EQ(std::rename(path_.c_str(), rotated.c_str()), 0);
  LogInfo("between");
  ASSERT_TRUE(ReopenLog().ok());
  LogInfo("after");
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_EQ(ParseJson(Lines()[0], "line").value()["message"], "after") << "in the same format";
  ASSERT_EQ(stat(path_.c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0600u);
  ASSERT_EQ(std::rename(rotated.c_str(), path_.c_str()), 0);
  EXPECT_THAT(Lines(), SizeIs(2)) << "nothing was lost";
}

TEST_F(LogTest, AFileThatCannotBeOpenedLeavesTheLogAsItWas) {
  Start(LogLevel::kInfo, /*json=*/false);
  const absl::Status status = InitLog(LogLevel::kError, /*json=*/true, "/proc/nothing/log");
  EXPECT_THAT(std::string(status.message()), HasSubstr("log file /proc/nothing/log cannot be opened: No such file"));
  LogInfo("as before");
  ASSERT_THAT(Lines(), SizeIs(1));
  EXPECT_THAT(Lines()[0], EndsWith(" info as before"));
}

}  // namespace
}  // namespace orch

#include "auth/audit/audit_log.h"
#include "base/durable_file.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/cli/run_cli.h"

namespace orch::cli::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class AuditFilesTest : public ::testing::Test {
 protected:
  AuditFilesTest() {
    auto log = *auth::AuditLog::Create({.path = path_}, &clock_);
    EXPECT_TRUE(log->Write({"job.cancel", "denied", "client=alice", "no rule", {{"job", "j1"}}}).ok());
    EXPECT_TRUE(log->Write({"task.run", "allowed", "client=bob", "", {{"plugin", "p"}, {"action", "a"}}}).ok());
    head_ = auth::AuditHeadText(log->head());
  }
  CliResult Audit(std::vector<std::string> words) {
    words.insert(words.begin(), "audit");
    words.insert(words.end(), {"--file", path_});
    return RunCli(words);
  }
  ManualClock clock_;
  const std::string path_ = NewTempDir() + "/audit.jsonl";
  std::string head_;
};

TEST_F(AuditFilesTest, SearchShowsWhatMatches) {
  const CliResult result = Audit({"search", "--decision", "denied"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.out, HasSubstr("denied    client=alice        job.cancel job=j1  (no rule)"));
  EXPECT_THAT(result.out, Not(HasSubstr("client=bob")));
  EXPECT_THAT(Audit({"search", "--caller", "client=carol"}).err, HasSubstr("No record of the audit log matches"));
}

TEST_F(AuditFilesTest, JsonIsTheLineOfTheLog) {
  const CliResult result = Audit({"tail", "-n", "1", "-j"});
  EXPECT_THAT(*ReadFile(path_, 1u << 20), HasSubstr(result.out));
  EXPECT_THAT(result.out, StartsWith(R"({"seq":2,)"));
}

TEST_F(AuditFilesTest, ExportHasThreeForms) {
  EXPECT_EQ(Audit({"export"}).out, *ReadFile(path_, 1u << 20));
  EXPECT_THAT(Audit({"export", "--format", "mco", "--event", "task"}).out, HasSubstr("agent=p action=a data={}"));
  EXPECT_THAT(Audit({"export", "--format", "syslog"}).out, StartsWith("<108>1 2023-11-14T22:13:20.000000Z "));
  const CliResult wrong = Audit({"export", "--format", "xml"});
  EXPECT_EQ(wrong.code, 1);
  EXPECT_THAT(wrong.err, HasSubstr("jsonl"));
}

TEST_F(AuditFilesTest, VerifyFindsTheChangedLineAndTheMissingEnd) {
  EXPECT_EQ(Audit({"verify"}).code, 0);
  EXPECT_EQ(Audit({"verify", "--head", head_}).code, 0);
  std::string text = *ReadFile(path_, 1u << 20);
  const std::string whole = text;
  text.replace(text.find("client=alice"), 12, "client=malice");
  ASSERT_TRUE(WriteFileDurably(path_, text, 0640).ok());
  const CliResult changed = Audit({"verify"});
  EXPECT_EQ(changed.code, 2);
  EXPECT_THAT(changed.out, HasSubstr(path_ + ":1: record 1 was changed"));
  ASSERT_TRUE(WriteFileDurably(path_, whole.substr(0, whole.find('\n') + 1), 0640).ok());
  EXPECT_EQ(Audit({"verify"}).code, 0);
  const CliResult cut = Audit({"verify", "--head", head_, "-j"});
  EXPECT_EQ(cut.code, 2);
  EXPECT_THAT(cut.out, HasSubstr("its end is missing"));
}

TEST_F(AuditFilesTest, WrongWordsAreErrors) {
  EXPECT_EQ(Audit({"verify", "--head", "7:xyz"}).code, 1);
  EXPECT_THAT(Audit({"search", "--since", "yesterday-ish"}).err, HasSubstr("--since"));
  EXPECT_EQ(Audit({"search", "--decision", "maybe"}).code, 1);
  EXPECT_THAT(RunCli({"audit", "search", "--file", path_ + ".none"}).err, HasSubstr("there is no audit log"));
  EXPECT_THAT(RunCli({"audit", "verify", "--head", head_}).err, HasSubstr("--head needs --file"));
}

}  // namespace
}  // namespace orch::cli::testing

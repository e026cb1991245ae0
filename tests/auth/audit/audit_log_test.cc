#include "auth/audit/audit_log.h"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <thread>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "auth/audit/audit_files.h"
#include "base/digest.h"
#include "gmock/gmock.h"
#include "tests/auth/audit/audit_fixture.h"

namespace orch::auth {
namespace {

using testing::HasSubstr;
using testing::SizeIs;

using AuditLogTest = AuditTest;

// Makes every write beyond `bytes` of a file fail, as a full disk does.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

TEST_F(AuditLogTest, LineHasTheRecordAndTheChainAsDocumented) {
  const std::unique_ptr<AuditLog> log = Open();
  ASSERT_TRUE(log->Write({"job.invoke", "denied", "client=alice", "no rule", {{"job", "j1"}, {"hash", "own"}}}).ok());
  ASSERT_TRUE(log->Write(Invoked("client=bob")).ok());
  const std::vector<std::string> lines = Lines();
  ASSERT_THAT(lines, SizeIs(2));
  EXPECT_TRUE(absl::StartsWith(lines[0],
                               R"({"seq":1,"time":"2023-11-14T22:13:20.000000Z","event":"job.invoke",)"
                               R"("decision":"denied","caller":"client=alice","reason":"no rule","hash_":"own",)"
                               R"("job":"j1","prev":"0000)"))
      << lines[0];
  // The definition of docs/AUDIT.md, computed here anew.
  const Json second = Parsed(lines[1]);
  const std::string without = lines[1].substr(0, lines[1].size() - std::string(",\"hash\":\"\"}").size() - 64) + "}";
  const std::string prev = absl::HexStringToBytes(second["prev"].get<std::string>());
  EXPECT_EQ(second["prev"], Parsed(lines[0])["hash"]);
  EXPECT_EQ(second["hash"], absl::BytesToHexString(Sha256(prev + without)));
  EXPECT_EQ(AuditHeadText(log->head()), "2:" + second["hash"].get<std::string>());
}

TEST_F(AuditLogTest, FileAndFolderAreNotForEverybody) {
  WriteSome(1);
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0640u & ~umask(umask(0)));
  ASSERT_EQ(stat((folder_.path() + "/audit").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0007, 0u);
}

TEST_F(AuditLogTest, ChainGoesOnAfterARestart) {
  WriteSome(2);
  WriteSome(2);
  const AuditChain chain = Verify();
  EXPECT_TRUE(chain.intact());
  EXPECT_EQ(chain.records(), 4u);
}

TEST_F(AuditLogTest, SecondWriterIsRefused) {
  const std::unique_ptr<AuditLog> log = Open();
  const auto second = AuditLog::Create({.path = path_}, &clock_);
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status()));
  EXPECT_THAT(second.status().message(), HasSubstr("another process writes the audit log " + path_));
}

TEST_F(AuditLogTest, TornLineIsCutAndRecorded) {
  WriteSome(2);
  SetText(Text() + R"({"seq":3,"time":)");
  WriteSome(1);
  const AuditChain chain = Verify();
  EXPECT_TRUE(chain.intact()) << chain.problems()[0];
  EXPECT_EQ(Parsed(Lines()[2])["event"], "audit.torn");
  EXPECT_EQ(Parsed(Lines()[2])["bytes"], 16);
  EXPECT_THAT(Lines(), SizeIs(4));
}

TEST_F(AuditLogTest, FileWithOnlyATornLineBeginsAnew) {
  WriteSome(0);
  SetText(R"({"seq":1,"ti)");
  WriteSome(1);
  EXPECT_TRUE(Verify().intact());
  EXPECT_EQ(Parsed(Lines()[0])["event"], "audit.torn");
}

TEST_F(AuditLogTest, ChangedLastLineIsRecordedAtTheStartAndShows) {
  WriteSome(2);
  std::vector<std::string> lines = Lines();
  lines[1].replace(lines[1].find("client=a1"), 9, "client=b1");
  SetLines(lines);
  const std::unique_ptr<AuditLog> log = Open();
  EXPECT_THAT(log->problem(), HasSubstr("the last record of " + path_ + ", number 2, was changed"));
  EXPECT_EQ(Parsed(Lines()[2])["event"], "chain.broken");
  EXPECT_EQ(Parsed(Lines()[2])["seq"], 3);
  EXPECT_EQ(Verify().problem_count(), 1u);
}

TEST_F(AuditLogTest, ForeignLastLineIsRecordedAtTheStart) {
  WriteSome(1);
  SetText(Text() + "hello\n");
  WriteSome(1);
  EXPECT_EQ(Parsed(Lines()[2])["event"], "chain.broken");
  EXPECT_EQ(Parsed(Lines()[2])["seq"], 2);
  EXPECT_FALSE(Verify().intact());
}

TEST_F(AuditLogTest, RotatesBySizeKeepsSomeAndRecordsWhatItRemoves) {
  {
    const std::unique_ptr<AuditLog> log = Open({.max_size = 1000, .keep = 2});
    for (int i = 0; i < 40; ++i) {
      ASSERT_TRUE(log->Write(Invoked("client=a")).ok());
      log->Sync();
    }
  }
  const auto files = ListAuditFiles(path_);
  ASSERT_TRUE(files.ok());
  EXPECT_THAT(*files, SizeIs(3));
  const AuditChain chain = Verify();
  EXPECT_TRUE(chain.intact()) << chain.problems()[0];
  EXPECT_GT(chain.first_seq(), 20u);
  // The chain goes on over a restart that finds only files that were moved aside.
  std::filesystem::rename(path_, OldAuditFileName(path_, Parsed(Lines()[0])["seq"].get<uint64_t>()));
  WriteSome(1);
  EXPECT_TRUE(Verify().intact());
}

TEST_F(AuditLogTest, FullDiskIsAnErrorAndWhatIsLostIsRecordedLater) {
  const std::unique_ptr<AuditLog> log = Open();
  ASSERT_TRUE(log->Write(Invoked("client=a")).ok());
  {
    // Room for a part of the next line.
    const FullDisk full(Text().size() + 20);
    const absl::Status lost = log->Write(Invoked("client=b"));
    EXPECT_TRUE(absl::IsResourceExhausted(lost)) << lost;
    EXPECT_THAT(lost.message(), HasSubstr(path_));
    EXPECT_FALSE(log->Write(Invoked("client=c")).ok());
    EXPECT_THAT(log->problem(), HasSubstr("records are lost"));
  }
  ASSERT_TRUE(log->Write(Invoked("client=d")).ok());
  EXPECT_EQ(log->problem(), "");
  ASSERT_THAT(Lines(), SizeIs(3));
  EXPECT_EQ(Parsed(Lines()[1])["event"], "audit.lost");
  EXPECT_EQ(Parsed(Lines()[1])["count"], 2);
  EXPECT_EQ(Parsed(Lines()[2])["caller"], "client=d");
  EXPECT_TRUE(Verify().intact());
}

TEST_F(AuditLogTest, ClockThatGoesBackLeavesTheOrder) {
  const std::unique_ptr<AuditLog> log = Open();
  ASSERT_TRUE(log->Write(Invoked("client=a")).ok());
  clock_.JumpWall(-absl::Hours(2));
  ASSERT_TRUE(log->Write(Invoked("client=b")).ok());
  EXPECT_EQ(Parsed(Lines()[1])["seq"], 2);
  EXPECT_TRUE(Verify().intact());
}

TEST_F(AuditLogTest, DeletedFileIsNoticedAndReplaced) {
  const std::unique_ptr<AuditLog> log = Open();
  ASSERT_TRUE(log->Write(Invoked("client=a")).ok());
  std::filesystem::remove(path_);
  log->Sync();
  ASSERT_TRUE(log->Write(Invoked("client=b")).ok());
  ASSERT_THAT(Lines(), SizeIs(2));
  EXPECT_EQ(Parsed(Lines()[0])["event"], "audit.replaced");
  EXPECT_FALSE(Verify().intact());
}

TEST_F(AuditLogTest, OnlySyncedHeadsAreForOthers) {
  const std::unique_ptr<AuditLog> log = Open();
  ASSERT_TRUE(log->Write(Invoked("client=a")).ok());
  EXPECT_EQ(log->synced_head().seq, 0u);
  log->Sync();
  EXPECT_EQ(log->synced_head(), log->head());
}

TEST_F(AuditLogTest, KnowsRecentHeads) {
  WriteSome(1);
  const std::unique_ptr<AuditLog> log = Open();
  const AuditHead before = log->head();
  ASSERT_TRUE(log->Write(Invoked("client=a")).ok());
  AuditHead other = log->head();
  EXPECT_EQ(log->Check(other), AuditLog::Memory::kAgrees);
  other.hash[0] ^= 1;
  EXPECT_EQ(log->Check(other), AuditLog::Memory::kDiffers);
  other.seq = 100;
  EXPECT_EQ(log->Check(other), AuditLog::Memory::kDiffers);
  EXPECT_EQ(log->Check(before), AuditLog::Memory::kNotRecent);
}

TEST_F(AuditLogTest, HugeRecordIsShortened) {
  const std::unique_ptr<AuditLog> log = Open();
  AuditRecord record = Invoked("client=a");
  record.details["targets"] = std::vector<std::string>(100'000, "node-with-a-long-name.example.com");
  record.reason = std::string(2u << 20, 'x');
  ASSERT_TRUE(log->Write(record).ok());
  EXPECT_LT(Text().size(), kMaxAuditLineBytes);
  EXPECT_EQ(Parsed(Lines()[0])["targets_count"], 100'000);
  EXPECT_EQ(Parsed(Lines()[0])["job"], "j1");
  EXPECT_TRUE(Verify().intact());
}

TEST_F(AuditLogTest, ForeignTextStaysOneHarmlessLine) {
  const std::unique_ptr<AuditLog> log = Open();
  ASSERT_TRUE(log->Write(Invoked("client=a\n{\"seq\":9}\x1b[2J\xff\xe2\x80\xae")).ok());
  EXPECT_THAT(Lines(), SizeIs(1));
  EXPECT_FALSE(absl::StrContains(Text(), "\x1b"));
  EXPECT_FALSE(absl::StrContains(Text(), "\xe2\x80\xae"));
  EXPECT_TRUE(Verify().intact());
}

TEST_F(AuditLogTest, ThreadsWriteOneChain) {
  {
    const std::unique_ptr<AuditLog> log = Open({.max_size = 20'000});
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log] {
        for (int i = 0; i < 200; ++i) EXPECT_TRUE(log->Write(Invoked("client=a")).ok());
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_TRUE(Verify().intact());
}

TEST_F(AuditLogTest, NoRegularFileIsRefused) {
  std::filesystem::create_directories(folder_.path() + "/audit");
  std::filesystem::create_symlink("/dev/null", path_);
  EXPECT_FALSE(AuditLog::Create({.path = path_}, &clock_).ok());
}

TEST(AuditHeadTest, TextIsReadBack) {
  const AuditHead head = {17, Sha256("x")};
  const auto read = ParseAuditHead(AuditHeadText(head));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, head);
  for (const std::string& wrong :
       std::initializer_list<std::string>{"", "17", "17:", "17:00", "x:00", "-1:" + std::string(64, '0'),
                                          "01:" + std::string(64, '0'), "1:" + std::string(64, 'A')}) {
    EXPECT_FALSE(ParseAuditHead(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace orch::auth

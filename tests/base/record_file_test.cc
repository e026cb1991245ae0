#include "base/record_file.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/record_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class RecordFileTest : public testing::Test {
 protected:
  RecordFileTest() {
    std::string pattern = absl::StrCat(testing::TempDir(), "/record_file_test.XXXXXX");
    folder_ = mkdtemp(pattern.data());
    path_ = folder_ + "/records";
  }
  ~RecordFileTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<RecordFile> Open() {
    found_.clear();
    repair_ = {};
    auto file = RecordFile::Open(
        path_, [this](RecordFile::Place, absl::string_view record) { found_.emplace_back(record); }, &repair_);
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? *std::move(file) : nullptr;
  }
  void Fill(const std::vector<std::string>& records) {
    const auto file = Open();
    for (const std::string& record : records) ASSERT_TRUE(file->Append(record).ok());
    ASSERT_TRUE(file->Sync().ok());
  }
  std::string Contents() { return ReadFile(path_, 1 << 20).value(); }
  void Overwrite(const std::string& contents) { std::ofstream(path_, std::ios::binary) << contents; }

  std::string folder_, path_;
  std::vector<std::string> found_;
  RecordFile::Repair repair_;
};

TEST_F(RecordFileTest, GivesBackWhatWasAppended) {
  Fill({"one", "", std::string(100'000, 'x'), std::string("\0\xA7rec", 5)});
  Fill({"later"});
  Open();
  EXPECT_THAT(found_, ElementsAre("one", "", std::string(100'000, 'x'), std::string("\0\xA7rec", 5), "later"));
  EXPECT_EQ(repair_.damaged_bytes + repair_.torn_bytes, 0u);
  struct stat info;
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST_F(RecordFileTest, ReadsSingleRecordsByTheirPlace) {
  const auto file = Open();
  const auto first = file->Append("first"), second = file->Append("second");
  EXPECT_EQ(file->Read(*first).value(), "first");
  EXPECT_EQ(file->Read(*second).value(), "second");
}

TEST_F(RecordFileTest, TakesOffALastRecordThatWasCutShortAnywhere) {
  Fill({"one", "two"});
  const std::string whole = Contents();
  const size_t last = kRecordFrameBytes + 3;
  for (size_t left = 1; left < last; ++left) {
    Overwrite(whole.substr(0, whole.size() - last + left));
    const auto file = Open();
    EXPECT_THAT(found_, ElementsAre("one")) << left;
    EXPECT_EQ(repair_.torn_bytes, left);
    EXPECT_EQ(repair_.damaged_bytes, 0u);
    ASSERT_TRUE(file->Append("three").ok());
    Open();
    EXPECT_THAT(found_, ElementsAre("one", "three"));
    EXPECT_EQ(repair_.torn_bytes, 0u);
  }
}

TEST_F(RecordFileTest, SetsADamagedFileAsideAndKeepsItsGoodRecords) {
  Fill({"one", "two", "three"});
  const std::string whole = Contents();
  const size_t two = kRecordFileHeader.size() + kRecordFrameBytes + 3;
  for (size_t i = 0; i < kRecordFrameBytes + 3; ++i) {
    std::string damaged = whole;
    damaged[two + i] ^= 0x40;
    Overwrite(damaged);
    Open();
    EXPECT_THAT(found_, ElementsAre("one", "three")) << i;
    EXPECT_EQ(repair_.damaged_bytes, kRecordFrameBytes + 3);
    ASSERT_FALSE(repair_.set_aside.empty());
    EXPECT_EQ(ReadFile(repair_.set_aside, 1 << 20).value(), damaged);
    Open();
    EXPECT_EQ(repair_.damaged_bytes, 0u) << "the new file is whole";
    EXPECT_THAT(found_, ElementsAre("one", "three"));
  }
}

TEST_F(RecordFileTest, SetsAsideWhatIsNoRecordFile) {
  Overwrite("hello, this is somebody else's file");
  Open();
  EXPECT_TRUE(found_.empty());
  EXPECT_THAT(repair_.set_aside, HasSubstr(".damaged.1"));
  EXPECT_THAT(ReadFile(repair_.set_aside, 100).value(), HasSubstr("somebody else's"));
}

TEST_F(RecordFileTest, RewritingKeepsOnlyWhatItIsGiven) {
  const auto file = Open();
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(file->Append(std::string(100, 'x')).ok());
  const auto places = file->Rewrite({"a", "bc"});
  ASSERT_TRUE(places.ok()) << places.status();
  EXPECT_EQ(file->Read((*places)[1]).value(), "bc");
  EXPECT_LT(file->size(), 100u);
  ASSERT_TRUE(file->Append("d").ok());
  Open();
  EXPECT_THAT(found_, ElementsAre("a", "bc", "d"));
}

TEST_F(RecordFileTest, ManyThreadsShareTheDisk) {
  const auto file = Open();
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&file] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_TRUE(file->Append("record").ok());
        EXPECT_TRUE(file->Sync().ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  Open();
  EXPECT_EQ(found_.size(), 400u);
}

// A file size limit stands for a full disk: both end a write in the middle.
void Limit(size_t limit) {
  signal(SIGXFSZ, SIG_IGN);
  const rlimit size = {limit, limit};
  setrlimit(RLIMIT_FSIZE, &size);
}

void FillUp(const std::string& path, size_t reserve) {
  RecordFile::Repair repair;
  auto file = RecordFile::Open(
      path, [](RecordFile::Place, absl::string_view) {}, &repair);
  int stored = 0;
  while (stored < 100'000 && (*file)->Append(std::string(100, 'x'), reserve).ok()) ++stored;
  const bool small_fits = (*file)->Append("s").ok() && (*file)->Sync().ok();
  fprintf(stderr, "stored %d, small %d\n", stored, small_fits);
  _exit(0);
}

TEST_F(RecordFileTest, AFullDiskIsAnErrorAndTearsNothing) {
  EXPECT_EXIT((Limit(2000), FillUp(path_, 0)), testing::ExitedWithCode(0), "stored 17, small 1");
  Open();
  EXPECT_EQ(found_.size(), 18u);
  EXPECT_EQ(repair_.torn_bytes + repair_.damaged_bytes, 0u);
}

TEST_F(RecordFileTest, RefusesARecordThatLeavesNoRoomForTheNext) {
  const auto on_a_small_disk = [this] {
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=64k") != 0) {
      fputs("stored 0, small 1 (no file system of its own to be had)\n", stderr);
      _exit(0);
    }
    FillUp(path_, 16 << 10);
  };
  // 64 KiB without the 16 in reserve hold some 400 records of 116 bytes.
  EXPECT_EXIT(on_a_small_disk(), testing::ExitedWithCode(0), "stored (3[0-9][0-9]|4[0-9][0-9]|0), small 1");
}

}  // namespace
}  // namespace orch

#include "base/durable_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using ::testing::HasSubstr;

class DurableFileTest : public testing::Test {
 protected:
  DurableFileTest() {
    std::string pattern = absl::StrCat(testing::TempDir(), "/durable_file_test.XXXXXX");
    folder_ = mkdtemp(pattern.data());
  }
  ~DurableFileTest() override { std::filesystem::remove_all(folder_); }
  std::string Path(absl::string_view name) const { return absl::StrCat(folder_, "/", name); }
  size_t FilesInFolder() const {
    size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) count += entry.exists() ? 1 : 0;
    return count;
  }
  std::string folder_;
};

TEST_F(DurableFileTest, WhatIsWrittenIsRead) {
  const std::string bytes("a\0b\n\xff", 5);
  ASSERT_TRUE(WriteFileDurably(Path("x"), bytes, 0644).ok());
  EXPECT_EQ(ReadFile(Path("x"), 100).value(), bytes);
}

TEST_F(DurableFileTest, SetsTheModeWhateverTheUmask) {
  const mode_t before = umask(0077);
  ASSERT_TRUE(WriteFileDurably(Path("public"), "x", 0644).ok());
  umask(0);
  ASSERT_TRUE(WriteFileDurably(Path("secret"), "x", 0600).ok());
  umask(before);
  struct stat info;
  ASSERT_EQ(stat(Path("public").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0644u);
  ASSERT_EQ(stat(Path("secret").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
}

TEST_F(DurableFileTest, ReplacesAFileAndLeavesNothingBeside) {
  ASSERT_TRUE(WriteFileDurably(Path("x"), "a long first version", 0644).ok());
  ASSERT_TRUE(WriteFileDurably(Path("x"), "second", 0600).ok());
  EXPECT_EQ(ReadFile(Path("x"), 100).value(), "second");
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(DurableFileTest, AFailedReplacementKeepsTheOldAndLeavesNothingBeside) {
  std::filesystem::create_directory(Path("folder"));
  EXPECT_FALSE(WriteFileDurably(Path("folder"), "x", 0644).ok());
  EXPECT_EQ(FilesInFolder(), 1u);
  EXPECT_TRUE(std::filesystem::is_directory(Path("folder")));
}

TEST_F(DurableFileTest, NamesTheFolderThatIsMissing) {
  const absl::Status status = WriteFileDurably(Path("no/such/file"), "x", 0644);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no/such/file"));
}

TEST_F(DurableFileTest, ReadsUpToTheLimitAndNotBeyond) {
  ASSERT_TRUE(WriteFileDurably(Path("x"), std::string(50'000, 'x'), 0644).ok());
  EXPECT_EQ(ReadFile(Path("x"), 50'000)->size(), 50'000u);
  const absl::Status status = ReadFile(Path("x"), 49'999).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("49999"));
}

TEST_F(DurableFileTest, AFolderIsNotAFile) { EXPECT_FALSE(ReadFile(folder_, 100).ok()); }

TEST_F(DurableFileTest, AFileThatIsNotThereIsNotFound) {
  EXPECT_EQ(ReadFile(Path("none"), 100).status().code(), absl::StatusCode::kNotFound);
}

TEST(ErrnoStatusTest, ChoosesTheCodeByWhatTheCallerCanDo) {
  EXPECT_EQ(ErrnoStatus(ENOENT, "x").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrnoStatus(EACCES, "x").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(ErrnoStatus(ENOSPC, "x").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrnoStatus(EMFILE, "x").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ErrnoStatus(ENOENT, "cannot open /x").message(), "cannot open /x: No such file or directory");
}

TEST_F(DurableFileTest, WhatIsWrittenIntoRoomTakesItsPlace) {
  ASSERT_TRUE(SetRoomAside(Path("room"), 65536).ok());
  struct stat info;
  ASSERT_EQ(stat(Path("room").c_str(), &info), 0);
  EXPECT_EQ(info.st_size, 0);
  EXPECT_GE(info.st_blocks * 512, 65536) << "set aside, where the file system can";
  ASSERT_TRUE(WriteIntoRoom(Path("room"), Path("x"), "contents").ok());
  EXPECT_EQ(ReadFile(Path("x"), 100).value(), "contents");
  EXPECT_EQ(FilesInFolder(), 1u);
}

TEST_F(DurableFileTest, ALongerAttemptLeavesNothingOfItselfInTheRoom) {
  ASSERT_TRUE(SetRoomAside(Path("room"), 64).ok());
  ASSERT_EQ(mkdir(Path("folder").c_str(), 0700), 0);
  EXPECT_FALSE(WriteIntoRoom(Path("room"), Path("folder"), "a folder is in its place").ok());
  ASSERT_TRUE(WriteIntoRoom(Path("room"), Path("x"), "short").ok());
  EXPECT_EQ(ReadFile(Path("x"), 100).value(), "short");
}

TEST_F(DurableFileTest, WithoutRoomNothingIsWritten) {
  EXPECT_EQ(WriteIntoRoom(Path("room"), Path("x"), "x").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FilesInFolder(), 0u);
}

}  // namespace
}  // namespace orch

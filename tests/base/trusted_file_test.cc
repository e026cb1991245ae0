#include "base/trusted_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr uid_t kStranger = 54'321;

// A file in a folder of mode 0755, itself in one of mode 0700.
class TrustedFileTest : public testing::Test {
 protected:
  TrustedFileTest() {
    home_ = absl::StrCat(testing::TempDir(), "/trusted-file-XXXXXX");
    if (mkdtemp(home_.data()) == nullptr) std::abort();
    home_ = std::filesystem::canonical(home_).string();
    folder_ = absl::StrCat(home_, "/etc");
    path_ = absl::StrCat(folder_, "/credentials");
    std::filesystem::create_directory(folder_);
    std::ofstream(path_) << "text";
    Mode(folder_, 0755);
    Mode(path_, 0600);
  }
  ~TrustedFileTest() override {
    chmod(folder_.c_str(), 0700);
    std::filesystem::remove_all(home_);
  }

  static void Mode(const std::string& path, mode_t mode) { ASSERT_EQ(chmod(path.c_str(), mode), 0) << path; }
  // "" when the file is trusted, else why not.
  std::string Why(FolderWriters writers = FolderWriters::kNobody, uid_t user = geteuid()) const {
    const absl::Status status = CheckOnlyWeWrite(path_, "credentials file", writers, user);
    if (status.ok()) return "";
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat("credentials file ", path_)));
    return std::string(status.message());
  }

  std::string home_, folder_, path_;
};

TEST_F(TrustedFileTest, TakesAFileOfThisUserBelowFoldersThatOnlyWeWrite) {
  EXPECT_EQ(Why(), "");
  Mode(folder_, 0700);
  EXPECT_EQ(Why(), "");
  Mode(folder_, 0511);
  EXPECT_EQ(Why(), "");
}

TEST_F(TrustedFileTest, NamesTheFolderThatOthersMayWriteAndTheRemedy) {
  for (const mode_t mode : {0777, 0757, 0703}) {
    Mode(folder_, mode);
    EXPECT_THAT(Why(), HasSubstr(absl::StrCat("run: chmod go-w ", folder_)));
    EXPECT_THAT(Why(FolderWriters::kGroup), HasSubstr(absl::StrCat("run: chmod o-w ", folder_)));
  }
  Mode(folder_, 01777);
  EXPECT_EQ(Why(), "") << "in a sticky folder each file can be replaced by its owner alone";
}

TEST_F(TrustedFileTest, LooksAtEveryFolderUpToTheRoot) {
  Mode(home_, 0777);
  EXPECT_THAT(Why(), HasSubstr(absl::StrCat("folder ", home_, " may be written")));
}

TEST_F(TrustedFileTest, AGroupMayWriteAFolderWhereItIsTakenOrTheOwnersOwn) {
  if (geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  Mode(folder_, 0775);
  ASSERT_EQ(chown(folder_.c_str(), 0, 0), 0);
  EXPECT_EQ(Why(), "") << "root's own group";
  ASSERT_EQ(chown(folder_.c_str(), 0, kStranger), 0);
  Mode(folder_, 0775);
  EXPECT_THAT(Why(), HasSubstr("may be written by others"));
  EXPECT_EQ(Why(FolderWriters::kGroup), "");
}

TEST_F(TrustedFileTest, RefusesAFileOrAFolderOfAnotherUser) {
  if (geteuid() != 0) {
    EXPECT_THAT(Why(FolderWriters::kNobody, kStranger), HasSubstr("it belongs to user "));
    return;
  }
  ASSERT_EQ(chown(path_.c_str(), kStranger, 0), 0);
  EXPECT_THAT(Why(), AllOf(HasSubstr("it belongs to user 54321"), HasSubstr("run: chown root ")));
  ASSERT_EQ(chown(path_.c_str(), 0, 0), 0);
  EXPECT_EQ(Why(FolderWriters::kNobody, kStranger), "") << "root's file is everybody's to trust";
  ASSERT_EQ(chown(folder_.c_str(), kStranger, 0), 0);
  EXPECT_THAT(Why(), HasSubstr(absl::StrCat("folder ", folder_, " belongs to user 54321")));
  Mode(folder_, 01777);
  EXPECT_THAT(Why(), HasSubstr("belongs to user 54321")) << "the owner of a sticky folder replaces all in it";
  EXPECT_EQ(Why(FolderWriters::kNobody, kStranger), "");
}

TEST_F(TrustedFileTest, FollowsLinksToWhereTheFileIs) {
  const std::string link = absl::StrCat(home_, "/link");
  ASSERT_EQ(symlink(folder_.c_str(), link.c_str()), 0);
  path_ = absl::StrCat(link, "/credentials");
  EXPECT_EQ(Why(), "");
  Mode(folder_, 0777);
  EXPECT_THAT(Why(), HasSubstr(absl::StrCat("folder ", folder_, " may be written")));
}

TEST_F(TrustedFileTest, SaysNothingAboutWhatIsNoRegularFile) {
  Mode(folder_, 0777);
  path_ = absl::StrCat(folder_, "/missing");
  EXPECT_EQ(Why(), "");
  path_ = "/dev/null";
  EXPECT_EQ(Why(), "");
  path_ = folder_;
  EXPECT_EQ(Why(), "");
}

}  // namespace
}  // namespace orch

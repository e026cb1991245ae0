#include "services/nodeagent/state_dir.h"

#include <sys/stat.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

namespace orch::nodeagent {
namespace {

using ::testing::HasSubstr;

TEST(StateDirTest, IsForItsOwnerAlone) {
  const TempFolder folder;
  const auto dir = StateDir::Open(folder.Path("state"));
  ASSERT_TRUE(dir.ok()) << dir.status();
  for (const std::string& path : {(*dir)->path(), (*dir)->tasks()}) {
    struct stat info;
    ASSERT_EQ(stat(path.c_str(), &info), 0) << path;
    EXPECT_EQ(info.st_mode & 07777, 0700u) << path;
  }
}

TEST(StateDirTest, ASecondAgentIsRefused) {
  const TempFolder folder;
  const auto first = StateDir::Open(folder.Path("state"));
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(StateDir::Open(folder.Path("state")).status().message(), HasSubstr("another node agent uses"));
}

}  // namespace
}  // namespace orch::nodeagent

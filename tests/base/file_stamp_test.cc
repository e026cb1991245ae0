#include "base/file_stamp.h"

#include <sys/stat.h>
#include <unistd.h>

#include <set>

#include "gtest/gtest.h"
#include "tests/support/temp_folder.h"

namespace orch {
namespace {

TEST(FileStampTest, DiffersAfterEveryChangeAndStaysWithoutOne) {
  TempFolder folder;
  const std::string path = folder.Path("file");
  std::set<std::string> seen = {FileStamp(path)};
  const auto expect_new = [&](const char* what) { EXPECT_TRUE(seen.insert(FileStamp(path)).second) << what; };
  folder.Write("file", "one");
  expect_new("written");
  EXPECT_EQ(FileStamp(path), FileStamp(path));
  folder.Write("file", "three");
  expect_new("another size");
  ASSERT_EQ(chmod(path.c_str(), 0400), 0);
  expect_new("another mode");
  folder.Write("other", "three");
  ASSERT_EQ(rename(folder.Path("other").c_str(), path.c_str()), 0);
  expect_new("replaced");
  ASSERT_EQ(unlink(path.c_str()), 0);
  EXPECT_EQ(FileStamp(path), FileStamp("")) << "absent";
  ASSERT_EQ(symlink("nowhere", path.c_str()), 0);
  EXPECT_EQ(FileStamp(path), FileStamp("")) << "a link to nothing";
}

}  // namespace
}  // namespace orch

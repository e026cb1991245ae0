#include "actions/plugins/filemgr/filemgr_plugin.h"

#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "tests/actions/core/fake_node.h"
#include "tests/support/temp_folder.h"

namespace orch::actions {
namespace {

using ::testing::HasSubstr;

class FilemgrTest : public ActionTest {
 protected:
  FilemgrTest() { options_.settings["filemgr.touch_file"] = folder_.Path("default"); }
  Reply On(const char* action, const std::string& name) {
    return Run("filemgr", action, {{"file", folder_.Path(name)}});
  }
  TempFolder folder_;
};

TEST_F(FilemgrTest, TouchMakesAFileThenSetsItsTimes) {
  EXPECT_EQ(On("touch", "new").status_code, kOk);
  const std::string old = folder_.Write("old", "text");
  std::filesystem::last_write_time(old, std::filesystem::file_time_type::clock::now() - std::chrono::hours(48));
  EXPECT_EQ(On("touch", "old").data["changed"], true);
  const Json data = On("status", "old").data;
  EXPECT_NEAR(data["mtime_seconds"].get<int64_t>(), absl::ToUnixSeconds(node_.clock.Now()), 60);
  EXPECT_EQ(data["size"], 4);  // what is in it stays
  EXPECT_THAT(On("touch", "no/such/folder").status_message, HasSubstr("No such file"));
}

TEST_F(FilemgrTest, WithoutAFileTheConfiguredOneIsMeant) {
  EXPECT_EQ(Run("filemgr", "touch").status_code, kOk);
  EXPECT_EQ(Run("filemgr", "status").data["name"], folder_.Path("default"));
  EXPECT_EQ(Run("filemgr", "remove").data["changed"], true);
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("default")));
}

TEST_F(FilemgrTest, StatusHasEveryFieldOfAFile) {
  const std::string file = folder_.Write("f", "hello\n", 0640);
  const Reply reply = On("status", "f");
  EXPECT_EQ(reply.status_code, kOk);
  EXPECT_EQ(reply.data["output"], "present");
  EXPECT_EQ(reply.data["present"], 1);
  EXPECT_EQ(reply.data["size"], 6);
  EXPECT_EQ(reply.data["mode"], "100640");
  EXPECT_EQ(reply.data["md5"], "b1946ac92492d2347c6235b4d2611184");
  EXPECT_EQ(reply.data["type"], "file");
  EXPECT_EQ(reply.data["uid"], getuid());
  for (const char* name : {"mtime", "ctime", "atime"}) {
    EXPECT_TRUE(reply.data[name].is_string()) << name;
    EXPECT_TRUE(reply.data[absl::StrCat(name, "_seconds")].is_number()) << name;
  }
  EXPECT_FALSE(reply.data.contains("dir_listing"));
}

TEST_F(FilemgrTest, AFileThatIsNotThereIsAFailureWithItsFields) {
  const Reply reply = On("status", "none");
  EXPECT_EQ(reply.status_code, kAborted);
  EXPECT_EQ(reply.data["output"], "not present");
  EXPECT_EQ(reply.data["present"], 0);
}

TEST_F(FilemgrTest, RemoveTakesFilesAndLinksButNoDirectory) {
  folder_.Write("target", "stays");
  std::filesystem::create_symlink(folder_.Path("target"), folder_.Path("link"));
  EXPECT_EQ(On("remove", "link").data["changed"], true);
  EXPECT_TRUE(std::filesystem::exists(folder_.Path("target")));
  const Reply absent = On("remove", "link");
  EXPECT_EQ(absent.status_code, kOk);
  EXPECT_EQ(absent.data["changed"], false);
  std::filesystem::create_directory(folder_.Path("dir"));
  EXPECT_THAT(On("remove", "dir").status_message, HasSubstr("is a directory"));
  EXPECT_TRUE(std::filesystem::exists(folder_.Path("dir")));
}

TEST_F(FilemgrTest, TouchNeverMakesWhatALinkPointsTo) {
  std::filesystem::create_symlink(folder_.Path("elsewhere"), folder_.Path("link"));
  EXPECT_EQ(On("touch", "link").status_code, kOk);  // the link's own times
  EXPECT_FALSE(std::filesystem::exists(folder_.Path("elsewhere")));
}

TEST_F(FilemgrTest, ADirectoryIsListedOnRequestUpToALimit) {
  folder_.Write("d/b", "12345");
  folder_.Write("d/a", "");
  std::filesystem::create_directory(folder_.Path("d/c"));
  const Json data = Run("filemgr", "status", {{"file", folder_.Path("d")}, {"dirlist", true}}).data;
  EXPECT_EQ(data["type"], "directory");
  ASSERT_EQ(data["dir_listing"].size(), 3u);
  EXPECT_EQ(data["dir_listing"]["b"]["size"], 5);
  EXPECT_EQ(data["dir_listing"]["c"]["type"], "directory");
  EXPECT_FALSE(data.contains("dir_truncated"));
  for (size_t i = 0; i <= kMaxListedFiles; ++i) folder_.Write(absl::StrCat("many/", i), "");
  const Json many = Run("filemgr", "status", {{"file", folder_.Path("many")}, {"dirlist", true}}).data;
  EXPECT_EQ(many["dir_listing"].size(), kMaxListedFiles);
  EXPECT_EQ(many["dir_truncated"], true);
}

TEST_F(FilemgrTest, PathsThatLeadElsewhereAreRefused) {
  const std::string nul("/tmp/a\0b", 8);
  for (const std::string& file : {std::string("relative"), std::string("/tmp/../etc/passwd"), nul, std::string("/a\nb"),
                                  "/" + std::string(1 << 20, 'x')}) {
    EXPECT_EQ(Run("filemgr", "remove", {{"file", file}}).status_code, kInvalidInput) << file.substr(0, 40);
  }
  const std::string odd = folder_.Write("a;touch $(x) `y`|z", "");
  EXPECT_EQ(Run("filemgr", "remove", {{"file", odd}}).data["changed"], true);  // a name like any other
}

}  // namespace
}  // namespace orch::actions

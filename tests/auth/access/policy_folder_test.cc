#include "auth/access/policy_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/auth/access/fake_node_view.h"
#include "tests/support/temp_folder.h"

namespace orch::auth {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kAllowA[] = "policy default deny\nallow\tclient=a\t*\t*\n";

class PolicyFolderTest : public ::testing::Test {
 protected:
  PolicyFolder::Options Options() const { return {.folder = folder_.path()}; }
  std::string Path(absl::string_view name) const { return folder_.Path(name); }
  void Write(absl::string_view name, absl::string_view text) const { folder_.Write(name, text); }
  static std::string Decided(const PolicyFolder& folder, absl::string_view plugin,
                             const std::string& caller = "client=a") {
    const PolicyDecision decision = folder.current()->Evaluate({caller, {}}, plugin, "x", FakeNodeView("n"), nullptr);
    EXPECT_EQ(decision.allowed, decision.reason.empty());
    return absl::StrCat(decision.allowed ? "allow " : "deny ", decision.place.substr(decision.place.rfind('/') + 1));
  }

  const TempFolder folder_;
};

TEST_F(PolicyFolderTest, AFileSpeaksOfItsPlugin) {
  Write("package.policy", kAllowA);
  Write("notes.txt", "nothing");
  Write("package.policy.orig", "nothing");
  PolicyFolder folder(Options());
  EXPECT_EQ(Decided(folder, "package"), "allow package.policy:2");
  EXPECT_EQ(Decided(folder, "package", "client=b"), "deny package.policy:1");
  EXPECT_EQ(Decided(folder, "service"), "allow ");
  EXPECT_THAT(folder.current()->files(), ElementsAre(Path("package.policy")));
  EXPECT_THAT(folder.current()->problems(), IsEmpty());
}

TEST_F(PolicyFolderTest, PluginsWithoutAFileFollowTheSettings) {
  Write("default.policy", kAllowA);
  PolicyFolder::Options options = Options();
  options.allow_unconfigured = false;
  PolicyFolder folder(options);
  EXPECT_EQ(Decided(folder, "service"), "deny service.policy");
  options.use_default = true;
  folder.SetOptions(options);
  EXPECT_EQ(Decided(folder, "service"), "allow default.policy:2");
  EXPECT_EQ(Decided(folder, "service", "client=b"), "deny default.policy:1");
  options.allow_unconfigured = true;  // the default file comes first
  folder.SetOptions(options);
  EXPECT_EQ(Decided(folder, "service", "client=b"), "deny default.policy:1");
}

TEST_F(PolicyFolderTest, AChangeIsSeenAndNothingElseCostsARead) {
  PolicyFolder folder(Options());
  EXPECT_FALSE(folder.ReloadIfChanged());
  Write("package.policy", "policy default deny\n");
  EXPECT_TRUE(folder.ReloadIfChanged());
  EXPECT_FALSE(folder.ReloadIfChanged());
  EXPECT_EQ(Decided(folder, "package"), "deny package.policy:1");
  const std::shared_ptr<const PolicySet> before = folder.current();
  Write("package.policy", kAllowA);
  EXPECT_TRUE(folder.ReloadIfChanged());
  EXPECT_EQ(Decided(folder, "package"), "allow package.policy:2");
  EXPECT_FALSE(before->Evaluate({"client=a", {}}, "package", "x", FakeNodeView("n"), nullptr).allowed);
  ASSERT_EQ(unlink(Path("package.policy").c_str()), 0);
  EXPECT_TRUE(folder.ReloadIfChanged());
  EXPECT_EQ(Decided(folder, "package"), "allow ");
}

TEST_F(PolicyFolderTest, GroupsAreSharedByTheFiles) {
  Write("package.policy", "policy default deny\nallow\tops\t*\t*\n");
  Write("groups", "ops client=a\n");
  PolicyFolder folder(Options());
  EXPECT_EQ(Decided(folder, "package"), "allow package.policy:2");
  Write("groups", "ops client=b\n");
  EXPECT_TRUE(folder.ReloadIfChanged());
  EXPECT_EQ(Decided(folder, "package"), "deny package.policy:1");
}

TEST_F(PolicyFolderTest, AFaultDeniesAndIsAProblem) {
  Write("package.policy", "deny all\n");
  Write("service.policy", kAllowA);
  PolicyFolder folder(Options());
  EXPECT_EQ(Decided(folder, "package"), "deny package.policy");
  EXPECT_EQ(Decided(folder, "service"), "allow service.policy:2");
  ASSERT_EQ(folder.current()->problems().size(), 2u);  // and the line is parted by blanks
  EXPECT_EQ(folder.current()->problems()[0].place, Path("package.policy:1"));
}

TEST_F(PolicyFolderTest, WhatOthersMayWriteDenies) {
  Write("package.policy", kAllowA);
  ASSERT_EQ(chmod(Path("package.policy").c_str(), 0666), 0);
  PolicyFolder folder(Options());
  EXPECT_EQ(Decided(folder, "package"), "deny package.policy");
  ASSERT_EQ(folder.current()->problems().size(), 1u);
  EXPECT_THAT(folder.current()->problems()[0].text, HasSubstr("chmod o-w"));
  ASSERT_EQ(chmod(Path("package.policy").c_str(), 0644), 0);
  EXPECT_TRUE(folder.ReloadIfChanged());
  EXPECT_EQ(Decided(folder, "package"), "allow package.policy:2");
}

TEST_F(PolicyFolderTest, WhatIsNoFileDeniesAndDoesNotBlock) {
  ASSERT_EQ(mkfifo(Path("package.policy").c_str(), 0600), 0);
  ASSERT_EQ(mkdir(Path("service.policy").c_str(), 0700), 0);
  ASSERT_EQ(symlink("nowhere", Path("puppet.policy").c_str()), 0);
  Write("nrpe.policy", std::string(kMaxPolicyFileBytes + 1, '#'));
  PolicyFolder folder(Options());
  for (const char* plugin : {"package", "service", "puppet", "nrpe"}) {
    EXPECT_EQ(Decided(folder, plugin), absl::StrCat("deny ", plugin, ".policy"));
  }
  EXPECT_EQ(folder.current()->problems().size(), 4u);
}

TEST_F(PolicyFolderTest, AFolderThatIsNotThereHasNoFiles) {
  PolicyFolder absent({.folder = Path("none")});
  EXPECT_EQ(Decided(absent, "package"), "allow ");
  PolicyFolder strict({.folder = Path("none"), .allow_unconfigured = false});
  EXPECT_EQ(Decided(strict, "package"), "deny package.policy");
  EXPECT_EQ(Decided(PolicyFolder({.folder = "", .allow_unconfigured = false}), "package"), "allow ");
}

TEST_F(PolicyFolderTest, AFolderThatCannotBeReadDeniesEverything) {
  Write("file", "");
  PolicyFolder folder({.folder = Path("file")});
  EXPECT_EQ(Decided(folder, "package"), "deny file");
  ASSERT_EQ(folder.current()->problems().size(), 1u);
  EXPECT_TRUE(folder.current()->problems()[0].fatal);
}

TEST_F(PolicyFolderTest, TooManyFilesDenyEverything) {
  for (size_t i = 0; i <= kMaxPolicyFiles; ++i) std::ofstream(Path(absl::StrCat("p", i, ".policy"))) << "";
  PolicyFolder folder(Options());
  EXPECT_FALSE(folder.current()->Evaluate({"client=a", {}}, "other", "x", FakeNodeView("n"), nullptr).allowed);
}

}  // namespace
}  // namespace orch::auth

// The plugin with a stand-in for Puppet; real Puppet is in tests/e2e/puppetral.
#include "actions/plugins/puppet/puppetral_plugin.h"

#include <sys/stat.h>

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "actions/catalog/builtin_catalog.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/actions/core/fake_node.h"

namespace orch::actions {
namespace {

using ::testing::HasSubstr;

// `puppet` names a "ruby" that echoes what it is asked, and its own arguments.
class PuppetralPluginTest : public ActionTest {
 protected:
  void SetUp() override {
    Write("ruby", R"(#!/bin/sh
while read -r line; do echo "{\"statuscode\":0,\"data\":{\"asked\":$line,\"arguments\":\"$*\"}}"; done
)");
    Write("puppet", absl::StrCat("#!", folder_, "/ruby\n"));
    options_.settings["puppet.command"] = absl::StrCat(folder_, "/puppet");
  }
  void TearDown() override {
    for (const char* name : {"ruby", "puppet"}) remove(absl::StrCat(folder_, "/", name).c_str());
    rmdir(folder_.c_str());
  }
  void Write(const char* name, const std::string& text) {
    const std::string path = absl::StrCat(folder_, "/", name);
    std::ofstream(path) << text;
    chmod(path.c_str(), 0755);
  }
  std::string folder_ = [] {
    std::string name = absl::StrCat(::testing::TempDir(), "/puppetral.XXXXXX");
    return std::string(mkdtemp(name.data()));
  }();
};

TEST_F(PuppetralPluginTest, EveryPropertyReachesTheWorker) {
  const Reply reply = Run("puppetral", "create", {{"type", "file"}, {"title", "/tmp/x"}, {"ensure", "absent"}});
  ASSERT_EQ(reply.status_code, kOk) << reply.status_message;
  EXPECT_EQ(reply.data["asked"]["action"], "create");
  EXPECT_EQ(reply.data["asked"]["data"], (Json{{"type", "file"}, {"title", "/tmp/x"}, {"ensure", "absent"}}));
  EXPECT_THAT(reply.data["arguments"].get<std::string>(), HasSubstr("puppetral.rb"));
}

TEST_F(PuppetralPluginTest, PuppetsConfigurationCanBeSet) {
  options_.settings["puppet.config"] = "/srv/puppet.conf";
  const Reply reply = Run("puppetral", "search", {{"type", "user"}});
  EXPECT_THAT(reply.data.value("arguments", ""), HasSubstr("--config /srv/puppet.conf"));
}

TEST_F(PuppetralPluginTest, ATypeThatIsAPathIsRefused) {
  for (const char* type : {"../../tmp/evil", "/tmp/evil", "file\n", "a b", ""}) {
    EXPECT_EQ(Run("puppetral", "search", {{"type", type}}).status_code, kInvalidInput) << type;
  }
}

TEST_F(PuppetralPluginTest, WithoutPuppetItIsAProblemAndTheRestWorks) {
  options_.settings["puppet.command"] = "/nowhere/puppet";
  const std::shared_ptr<Catalog> catalog = BuiltinCatalog(options_, &node_.clock);
  EXPECT_EQ(catalog->Find("puppetral"), nullptr);
  EXPECT_NE(catalog->Find("rpcutil"), nullptr);
  std::string reason;
  for (const Catalog::Problem& problem : catalog->problems()) {
    if (problem.plugin == "puppetral") reason = problem.reason;
  }
  EXPECT_THAT(reason, HasSubstr("/nowhere/puppet"));
}

}  // namespace
}  // namespace orch::actions

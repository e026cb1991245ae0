#include "services/nodeagent/plugin_loader.h"

#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "tests/actions/external/external_fixture.h"

namespace orch::nodeagent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Loads run when the test lets them. The plugins are scripts that are never run.
class PluginLoaderTest : public actions::ExternalTest {
 protected:
  void InstallScript(const std::string& name, const std::string& more = "") {
    Write(name + ".json", actions::SampleDdl(name, "legacy_json", more, R"(, "implemented_by": "run.sh")"));
    Write(name + "/run.sh", "#!/bin/sh\n", 0755);
  }
  void Load(const std::string& only = "") {
    actions::CatalogOptions options = options_;
    options.only = only;
    loader_.Load(options, [this](absl::Status status) { outcomes_.push_back(std::move(status)); });
  }
  // Runs loads until there is none; returns how many.
  size_t RunBackground() {
    size_t loads = 0;
    for (; !background_.empty(); ++loads) {
      auto work = std::move(background_.front());
      background_.erase(background_.begin());
      work();
      executor_.RunUntilIdle();
    }
    return loads;
  }
  bool Offers(const std::string& name) const { return catalogs_.back()->Find(name) != nullptr; }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  std::vector<absl::AnyInvocable<void()>> background_;
  std::vector<PluginLoader::CatalogPtr> catalogs_;
  std::vector<absl::Status> outcomes_;
  PluginLoader loader_{&clock_, &executor_,
                       [this](absl::AnyInvocable<void()> work) { background_.push_back(std::move(work)); },
                       [this](PluginLoader::CatalogPtr catalog) { catalogs_.push_back(std::move(catalog)); }};
};

TEST_F(PluginLoaderTest, AFinishedCatalogIsHandedOverBeforeAnybodyIsTold) {
  InstallScript("one");
  loader_.Load(options_, [this](absl::Status) { EXPECT_THAT(catalogs_, SizeIs(1)); });
  EXPECT_THAT(catalogs_, IsEmpty());
  EXPECT_EQ(RunBackground(), 1u);
  EXPECT_TRUE(Offers("one"));
  EXPECT_TRUE(Offers("rpcutil"));
}

TEST_F(PluginLoaderTest, OneByNameLeavesTheOthersAsTheyWere) {
  InstallScript("one");
  InstallScript("two");
  Load();
  RunBackground();
  const auto two = catalogs_.back()->Find("two");
  std::filesystem::remove(File("two.json"));
  InstallScript("one", R"(, "requires": {"orch": ">=0"})");
  Load("one");
  RunBackground();
  EXPECT_THAT(outcomes_, ElementsAre(absl::OkStatus(), absl::OkStatus()));
  EXPECT_EQ(catalogs_.back()->Find("two"), two);
  EXPECT_EQ(catalogs_.back()->Find("one")->ddl()->requires_orch, ">=0");
}

TEST_F(PluginLoaderTest, OneThatIsNowhereIsNotFoundAndNothingChanges) {
  Load();
  Load("nosuch");
  RunBackground();
  EXPECT_EQ(outcomes_.back().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(catalogs_, SizeIs(1));
}

TEST_F(PluginLoaderTest, OneThatBrokeIsNoLongerOfferedAndSaysWhy) {
  InstallScript("one");
  Load();
  RunBackground();
  Write("one.json", "{");
  Load("one");
  RunBackground();
  EXPECT_EQ(outcomes_.back().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(outcomes_.back().message(), HasSubstr("one.json"));
  EXPECT_FALSE(Offers("one"));
  ASSERT_FALSE(catalogs_.back()->problems().empty());
  InstallScript("one");
  Load("one");
  RunBackground();
  EXPECT_TRUE(Offers("one"));
  for (const auto& problem : catalogs_.back()->problems()) EXPECT_NE(problem.plugin, "one");
}

TEST_F(PluginLoaderTest, OneThatWasRemovedIsNoLongerOffered) {
  InstallScript("one");
  Load();
  RunBackground();
  std::filesystem::remove(File("one.json"));
  Load("one");
  RunBackground();
  EXPECT_THAT(outcomes_.back().message(), HasSubstr("no longer offered"));
  EXPECT_FALSE(Offers("one"));
}

TEST_F(PluginLoaderTest, WhatIsAskedDuringALoadIsServedByTheNext) {
  Load();
  InstallScript("late");
  Load("late");
  Load();
  EXPECT_THAT(background_, SizeIs(1)) << "one at a time";
  EXPECT_EQ(RunBackground(), 3u);
  EXPECT_THAT(outcomes_, SizeIs(3));
  EXPECT_TRUE(Offers("late"));
}

TEST_F(PluginLoaderTest, WaitingReloadsAreBounded) {
  for (size_t i = 0; i < PluginLoader::kMaxWaiting; ++i) Load();
  EXPECT_THAT(outcomes_, IsEmpty());
  Load();
  ASSERT_THAT(outcomes_, SizeIs(1));
  EXPECT_EQ(outcomes_[0].code(), absl::StatusCode::kResourceExhausted);
  background_.clear();
}

}  // namespace
}  // namespace orch::nodeagent

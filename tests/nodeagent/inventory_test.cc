#include "services/nodeagent/inventory.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::nodeagent {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Time is moved by hand and collections run inline, when the test lets them.
class InventoryTest : public ::testing::Test {
 protected:
  InventoryTest()
      : folder_(absl::StrCat(testing::TempDir(), "/inventory_", getpid(), "_",
                             testing::UnitTest::GetInstance()->current_test_info()->name())),
        executor_(&clock_) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/facts.d");
    options_.facts.builtin = false;
    options_.facts.facter = "off";
    options_.facts.directory = folder_ + "/facts.d";
    options_.classes_files = {folder_ + "/classes.txt"};
    inventory_ = std::make_unique<Inventory>(
        options_, &clock_, &executor_,
        [this](absl::AnyInvocable<void()> work) { background_.push_back(std::move(work)); },
        [this](const Inventory::Found& found) { found_.push_back(found); });
  }
  ~InventoryTest() override {
    background_.clear();
    inventory_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Write(const std::string& name, const std::string& text) { std::ofstream(folder_ + "/" + name) << text; }
  // Runs collections that were started, and hands in their results.
  size_t RunBackground() {
    std::vector<absl::AnyInvocable<void()>> work;
    work.swap(background_);
    for (auto& one : work) one();
    executor_.RunUntilIdle();
    return work.size();
  }

  const std::string folder_;
  Inventory::Options options_;
  ManualClock clock_;
  ManualExecutor executor_;
  std::vector<absl::AnyInvocable<void()>> background_;
  std::vector<Inventory::Found> found_;
  std::unique_ptr<Inventory> inventory_;
};

TEST_F(InventoryTest, CollectsAtTheStartAndThenEveryInterval) {
  Write("facts.d/a.yaml", "role: db\n");
  Write("classes.txt", "ntp\n");
  const Inventory::Found now = inventory_->CollectNow();
  EXPECT_EQ((*now.facts.facts)["role"], "db");
  EXPECT_THAT(now.classes.names, ElementsAre("ntp"));
  inventory_->Start();
  EXPECT_EQ(RunBackground(), 1u);
  EXPECT_EQ(found_.size(), 1u);
  executor_.Advance(absl::Seconds(295));
  EXPECT_EQ(RunBackground(), 0u);
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(RunBackground(), 1u);
}

TEST_F(InventoryTest, SeesAWrittenFileWithinSeconds) {
  inventory_->Start();
  RunBackground();
  Write("facts.d/a.yaml", "role: db\n");
  executor_.Advance(Inventory::kWatchInterval);
  EXPECT_EQ(RunBackground(), 1u);
  EXPECT_EQ((*found_.back().facts.facts)["role"], "db");
  Write("classes.txt", "ntp\n");
  executor_.Advance(Inventory::kWatchInterval);
  EXPECT_EQ(RunBackground(), 1u);
  EXPECT_THAT(found_.back().classes.names, ElementsAre("ntp"));
}

TEST_F(InventoryTest, NeverCollectsTwiceAtATime) {
  inventory_->Start();
  inventory_->Refresh();
  Write("facts.d/a.yaml", "role: db\n");
  executor_.Advance(absl::Hours(1));
  EXPECT_EQ(background_.size(), 1u);
  RunBackground();
  EXPECT_EQ(background_.size(), 1u);  // the refresh asked for meanwhile
  RunBackground();
  EXPECT_EQ(found_.size(), 2u);
}

TEST_F(InventoryTest, NewOptionsKeepTheLastGoodFactsOfASourceThatIsWrongNow) {
  Write("facts.d/a.yaml", "role: db\n");
  Write("site.yaml", "rack: r1\n");
  Write("facts.d/run", "#!/bin/sh\n[ -e " + folder_ + "/broken ] && exit 1\necho '{\"ran\": 1}'\n");
  std::filesystem::permissions(folder_ + "/facts.d/run", std::filesystem::perms::owner_all);
  options_.facts.files = {folder_ + "/site.yaml"};
  inventory_->SetOptions(options_);
  RunBackground();
  for (const char* name : {"facts.d/a.yaml", "site.yaml", "broken"}) Write(name, "a: [\n");
  options_.facts.timeout = absl::Seconds(7);
  options_.facts.files = {folder_ + "/other.yaml", folder_ + "/site.yaml"};
  inventory_->SetOptions(options_);
  RunBackground();
  const Json& facts = *found_.back().facts.facts;
  EXPECT_EQ(facts, (Json{{"role", "db"}, {"rack", "r1"}, {"ran", 1}}));
  EXPECT_THAT(found_.back().facts.problems, Contains(HasSubstr("a.yaml")));
  options_.facts.files = {};
  options_.facts.directory = folder_ + "/elsewhere";
  inventory_->SetOptions(options_);
  RunBackground();
  EXPECT_EQ(*found_.back().facts.facts, Json::object()) << "what is not configured any more is gone";
}

}  // namespace
}  // namespace orch::nodeagent

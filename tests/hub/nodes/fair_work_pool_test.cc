#include "services/hub/nodes/fair_work_pool.h"

#include <atomic>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using ::testing::HasSubstr;

// A door that work waits at.
class Gate {
 public:
  void Open() {
    MutexLock lock(&mu_);
    open_ = true;
    changed_.SignalAll();
  }
  void Wait() {
    MutexLock lock(&mu_);
    while (!open_) changed_.Wait(&mu_);
  }
  void Arrive() {
    MutexLock lock(&mu_);
    ++arrived_;
    changed_.SignalAll();
  }
  void Await(int count) {
    MutexLock lock(&mu_);
    while (arrived_ < count) changed_.Wait(&mu_);
  }

 private:
  Mutex mu_;
  CondVar changed_;
  bool open_ ABSL_GUARDED_BY(mu_) = false;
  int arrived_ ABSL_GUARDED_BY(mu_) = 0;
};

TEST(WorkPoolTest, ACallersHeavyWorkDoesNotHoldUpOthers) {
  Gate heavy, light;
  std::atomic<int> at_once{0};
  FairWorkPool pool;
  for (size_t i = 0; i < FairWorkPool::kMaxPlacesPerCaller; ++i) {
    pool.Run(*pool.Enter("heavy"), [&] {
      ++at_once;
      heavy.Wait();
    });
  }
  for (int i = 0; i < 20; ++i) pool.Run(*pool.Enter(absl::StrCat("light", i)), [&] { light.Arrive(); });
  light.Await(20);
  EXPECT_LE(at_once.load(), static_cast<int>(FairWorkPool::kThreadsPerCaller));
  heavy.Open();
}

TEST(WorkPoolTest, RunsEveryPart) {
  Gate done;
  FairWorkPool pool;
  const auto place = *pool.Enter("a");
  for (int i = 0; i < 500; ++i) pool.Run(place, [&done] { done.Arrive(); });
  done.Await(500);
}

TEST(WorkPoolTest, BoundsTheWorkOfACallerAndOfAll) {
  FairWorkPool pool;
  std::vector<WorkPool::Place> places;
  for (size_t i = 0; i < FairWorkPool::kMaxPlacesPerCaller; ++i) places.push_back(*pool.Enter("a"));
  const auto refused = pool.Enter("a");
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status()));
  EXPECT_THAT(std::string(refused.status().message()), HasSubstr("64 questions of a"));
  EXPECT_TRUE(pool.Enter("b").ok());
  places.pop_back();
  EXPECT_TRUE(pool.Enter("a").ok());
  places.pop_back();
  for (int i = 0; places.size() < FairWorkPool::kMaxPlaces; ++i) places.push_back(*pool.Enter(absl::StrCat("c", i)));
  EXPECT_TRUE(absl::IsResourceExhausted(pool.Enter("d").status()));
  places.clear();
  EXPECT_TRUE(pool.Enter("d").ok());
}

TEST(WorkPoolTest, StopsWithoutRunningWhatIsQueuedAndPlacesOutliveIt) {
  auto held = std::make_shared<int>(0);
  WorkPool::Place place;
  {
    FairWorkPool pool;
    place = *pool.Enter("a");
    Gate begun;
    Gate go;
    pool.Run(place, [&] {
      begun.Arrive();
      go.Wait();
    });
    pool.Run(place, [&] {
      begun.Arrive();
      go.Wait();
    });
    begun.Await(2);
    pool.Run(place, [held, place] {});
    go.Open();
    pool.Stop();
    pool.Run(place, [held] {});
    EXPECT_FALSE(pool.Enter("a").ok());
  }
  place = nullptr;
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace orch::hub

#include "base/latch.h"

#include <thread>

#include "gtest/gtest.h"

namespace orch {
namespace {

TEST(LatchTest, AWaiterSeesWhatWasWrittenBeforeItOpened) {
  Latch latch;
  int written = 0;
  std::thread opener([&] {
    written = 7;
    latch.Open();
  });
  latch.Wait();
  EXPECT_EQ(written, 7);
  latch.Wait();  // it stays open
  EXPECT_TRUE(latch.WaitFor(std::chrono::nanoseconds(0)));
  opener.join();
}

TEST(LatchTest, AWaitEndsAtItsLimit) {
  Latch latch;
  EXPECT_FALSE(latch.WaitFor(std::chrono::milliseconds(1)));
}

}  // namespace
}  // namespace orch

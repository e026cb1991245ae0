#include "services/hub/jobs/run/return_list.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

TEST(ReturnListTest, ANodeThatComesBackMeetsTheJobsThatWaitForItOnce) {
  char runs[2];  // only their addresses matter
  JobRun* const a = reinterpret_cast<JobRun*>(&runs[0]);
  JobRun* const b = reinterpret_cast<JobRun*>(&runs[1]);
  ReturnList list;
  list.Add("n0", a);
  list.Add("n0", a);
  list.Add("n0", b);
  list.Add("n1", b);
  EXPECT_THAT(list.Take("n0"), UnorderedElementsAre(a, b));
  EXPECT_THAT(list.Take("n0"), IsEmpty());
  list.Forget("n1", b);
  list.Forget("n2", b);
  EXPECT_THAT(list.Take("n1"), IsEmpty());
}

TEST(ReturnListTest, QueuedCommandsAreBounded) {
  ReturnList list;
  for (size_t i = 0; i < kMaxQueuedTasks; ++i) ASSERT_TRUE(list.Park());
  EXPECT_FALSE(list.Park());
  list.Unpark();
  EXPECT_TRUE(list.Park());
}

}  // namespace
}  // namespace orch::hub

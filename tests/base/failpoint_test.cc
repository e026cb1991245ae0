#include "base/failpoint.h"

#include <csignal>
#include <cstdlib>

#include "gtest/gtest.h"

namespace orch {
namespace {

void Pass(const char* armed, int times) {
  setenv(kFailpointsVariable, armed, 1);
  for (int i = 0; i < times; ++i) PassFailpoint("test.point.before");
  _exit(0);
}

TEST(FailpointTest, EndsTheProcessAsKillMinusNineWould) {
  EXPECT_EXIT(Pass("test.point.before", 1), testing::KilledBySignal(SIGKILL), "failpoint test.point.before");
}

TEST(FailpointTest, StrikesAtTheTimeThatWasAskedFor) {
  EXPECT_EXIT(Pass("test.other,test.point.before:3", 2), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(Pass("test.other,test.point.before:3", 3), testing::KilledBySignal(SIGKILL), "");
}

TEST(FailpointTest, DoesNothingWhenNobodyAskedForIt) {
  EXPECT_EXIT(Pass("", 100), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(Pass("test.other:1", 100), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(Pass("test.point.before:none", 100), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace orch

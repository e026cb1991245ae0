#include "services/hub/door/refusals.h"

#include <string>

#include "base/log.h"
#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using testing::HasSubstr;
using testing::Not;

int Lines(const std::string& text) { return static_cast<int>(std::count(text.begin(), text.end(), '\n')); }

class RefusalsTest : public testing::Test {
 protected:
  std::string Note(int times, absl::string_view name = "web1") {
    testing::internal::CaptureStderr();
    for (int i = 0; i < times; ++i) refusals_.Note(auth::Refusal::kWrongKey, name, "10.0.0.1:5", "handshake", "");
    return testing::internal::GetCapturedStderr();
  }
  ManualClock clock_;
  Refusals refusals_{&clock_};
};

TEST_F(RefusalsTest, CountsEachAndLogsAtABoundedRate) {
  EXPECT_EQ(Lines(Note(1'000)), Refusals::kMaxLogsPerSecond);
  EXPECT_EQ(refusals_.counters().Get(auth::Refusal::kWrongKey), 1'000u);
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(Note(1), HasSubstr("more_not_logged=980"));
  EXPECT_THAT(Note(1), Not(HasSubstr("more_not_logged")));
}

TEST_F(RefusalsTest, AStrangersNameIsMadePrintableAndCut) {
  const std::string line = Note(1, std::string("a\nfake log line\x1b[2J") + std::string(5'000, 'x'));
  EXPECT_EQ(Lines(line), 1);
  EXPECT_THAT(line, Not(HasSubstr("\x1b")));
  EXPECT_LT(line.size(), 700u);
}

}  // namespace
}  // namespace orch::hub

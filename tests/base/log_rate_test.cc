#include "base/log_rate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace orch {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class LogRateTest : public ::testing::Test {
 protected:
  // How many of `count` lines are written.
  size_t Write(const std::string& message, size_t count, absl::Duration now) {
    size_t written = 0;
    for (size_t i = 0; i < count; ++i) written += rate_.Allow(message, now, &said_) ? 1 : 0;
    return written;
  }
  LogRate rate_;
  std::vector<LogRate::LeftOut> said_;
};

TEST_F(LogRateTest, OfOneMessageSoManyLinesInAWindow) {
  EXPECT_EQ(Write("node attached", 10'000, absl::Seconds(1)), LogRate::kMostLines);
  ASSERT_THAT(said_, SizeIs(1)) << "said once, at once";
  EXPECT_EQ(said_[0].message, "node attached");
  EXPECT_EQ(said_[0].count, 0u);
  EXPECT_EQ(Write("node refused", 5, absl::Seconds(2)), 5u) << "another message has its own bound";
  said_.clear();
  EXPECT_EQ(Write("job ended", 1, absl::Seconds(1) + LogRate::kWindow), 1u);
  ASSERT_THAT(said_, SizeIs(1));
  EXPECT_EQ(said_[0].message, "node attached");
  EXPECT_EQ(said_[0].count, 10'000 - LogRate::kMostLines);
  EXPECT_EQ(Write("node attached", 1, absl::Seconds(1) + LogRate::kWindow), 1u);
}

TEST_F(LogRateTest, WhatStaysBelowTheBoundIsWrittenAndNothingIsSaid) {
  for (int second = 0; second < 100; ++second) EXPECT_EQ(Write("x", 20, absl::Seconds(second)), 20u);
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(LogRateTest, MessagesWithoutEndShareABound) {
  size_t written = 0;
  for (int i = 0; i < 10'000; ++i) written += Write(absl::StrCat("message ", i), 1, absl::Seconds(1));
  EXPECT_EQ(written, LogRate::kMaxMessages + LogRate::kMostLines);
}

}  // namespace
}  // namespace orch

#include "services/hub/door/hello_memory.h"

#include "gtest/gtest.h"

namespace orch::hub {
namespace {

TEST(HelloMemoryTest, RemembersTheLastOnesAndForgetsTheOldest) {
  HelloMemory memory;
  EXPECT_FALSE(memory.Contains(0));
  for (uint64_t mark = 0; mark < 3 * HelloMemory::kMost; ++mark) memory.Add(mark);
  EXPECT_FALSE(memory.Contains(0));
  EXPECT_FALSE(memory.Contains(2 * HelloMemory::kMost - 1));
  for (uint64_t last = 1; last <= HelloMemory::kMost / 2; ++last) {
    ASSERT_TRUE(memory.Contains(3 * HelloMemory::kMost - last));
  }
}

TEST(HelloMemoryTest, WhatIsSaidTwiceTakesOnePlace) {
  HelloMemory memory;
  memory.Add(7);
  for (size_t i = 0; i < HelloMemory::kMost; ++i) memory.Add(8);
  EXPECT_TRUE(memory.Contains(7));
}

}  // namespace
}  // namespace orch::hub

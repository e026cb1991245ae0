#include "base/bounded_outbox.h"

#include <string>

#include "gtest/gtest.h"

namespace orch {
namespace {

TEST(BoundedOutboxTest, RefusesWhatIsBeyondItsBoundsAndTakesItOnceThereIsSpace) {
  BoundedOutbox<std::string> outbox(/*max_messages=*/2, /*max_bytes=*/10);
  EXPECT_TRUE(outbox.Push("a", 4));
  EXPECT_FALSE(outbox.Push("b", 7));
  EXPECT_TRUE(outbox.Push("c", 6));
  EXPECT_FALSE(outbox.Push("d", 0));
  EXPECT_EQ(outbox.bytes(), 10u);
  EXPECT_EQ(outbox.front(), "a");
  outbox.Pop();
  EXPECT_TRUE(outbox.Push("e", 4));
  EXPECT_EQ(outbox.size(), 2u);
}

TEST(BoundedOutboxTest, TakesAMessageOfAnySizeWhenItIsEmpty) {
  BoundedOutbox<std::string> outbox(2, 10);
  EXPECT_TRUE(outbox.Push("large", 100));
  EXPECT_FALSE(outbox.Push("small", 1));
}

TEST(BoundedOutboxTest, KeepsTheFrontWhereAWriteUsesIt) {
  BoundedOutbox<std::string> outbox(10, 100);
  outbox.Push("a", 1);
  const std::string* const front = &outbox.front();
  for (int i = 0; i < 5; ++i) outbox.Push("more", 2);
  outbox.KeepFirst(1);
  EXPECT_EQ(front, &outbox.front());
  EXPECT_EQ(outbox.bytes(), 1u);
  outbox.KeepFirst(0);
  EXPECT_TRUE(outbox.empty());
}

}  // namespace
}  // namespace orch

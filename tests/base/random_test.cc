#include "base/random.h"

#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace orch {
namespace {

TEST(SystemRandomTest, GivesTheNumberOfBytesAskedFor) {
  SystemRandom random;
  for (const size_t size : {size_t{0}, size_t{1}, size_t{32}, size_t{1} << 16})
    EXPECT_EQ(random.Bytes(size).size(), size);
}

TEST(SystemRandomTest, NeverRepeatsAKey) {
  SystemRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(seen.insert(random.Bytes(32)).second);
}

TEST(SystemRandomTest, RequestsOfAllSizesAreServedFromBlocksWithoutRepeating) {
  SystemRandom random;
  std::set<std::string> seen;
  for (size_t i = 0; i < 3 * SystemRandom::kBlockBytes; ++i) {
    EXPECT_TRUE(seen.insert(random.Bytes(8 + i % SystemRandom::kMostFromBlock)).second);
  }
}

TEST(SystemRandomTest, AChildDoesNotDrawWhatItsParentDraws) {
  SystemRandom random;
  random.Bytes(16);  // there is a block
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const std::string drawn = random.Bytes(16);
    _exit(write(ends[1], drawn.data(), drawn.size()) == 16 ? 0 : 1);
  }
  std::string of_child(16, '\0');
  EXPECT_EQ(read(ends[0], of_child.data(), of_child.size()), 16);
  EXPECT_NE(random.Bytes(16), of_child);
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  close(ends[0]);
  close(ends[1]);
}

TEST(SystemRandomTest, UniformStaysBelowOneAndCoversTheSpan) {
  SystemRandom random;
  double low = 1, high = 0;
  for (int i = 0; i < 2000; ++i) {
    const double value = random.Uniform();
    ASSERT_GE(value, 0.0);
    ASSERT_LT(value, 1.0);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  EXPECT_LT(low, 0.05);
  EXPECT_GT(high, 0.95);
}

class AllOnes final : public Random {
 public:
  std::string Bytes(size_t size) override { return std::string(size, '\xff'); }
};

TEST(RandomTest, UniformIsBelowOneForTheLargestNumber) {
  AllOnes random;
  EXPECT_EQ(random.Uint64(), ~uint64_t{0});
  EXPECT_LT(random.Uniform(), 1.0);
}

}  // namespace
}  // namespace orch

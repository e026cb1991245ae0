#include "cli/terminal/fd_output.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace orch::cli {
namespace {

class FdOutputTest : public ::testing::Test {
 protected:
  FdOutputTest() { EXPECT_EQ(::pipe(ends_), 0); }
  ~FdOutputTest() override {
    ::close(ends_[0]);
    CloseWriter();
  }
  void CloseWriter() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }
  std::string ReadAll() const {
    std::string text;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(ends_[0], buffer, sizeof(buffer))) > 0;)
      text.append(buffer, static_cast<size_t>(n));
    return text;
  }
  static std::string Numbers(int count) {
    std::string text;
    for (int i = 0; i < count; ++i) text += std::to_string(i) + "\n";
    return text;
  }
  int ends_[2] = {-1, -1};
};

TEST_F(FdOutputTest, AStalledReaderDoesNotBlockTheWriter) {
  const std::string all = Numbers(500'000);  // far more than a pipe holds
  FdOutput out(ends_[1]);
  for (size_t i = 0; i < all.size(); i += 1000) out.Write(absl::string_view(all).substr(i, 1000));
  out.Push();  // all of it was taken, and nobody has read a byte
  std::string read;
  std::thread reader([&] { read = ReadAll(); });
  EXPECT_TRUE(out.Flush());
  CloseWriter();
  reader.join();
  EXPECT_EQ(read, all);
}

TEST_F(FdOutputTest, TheQueueIsBounded) {
  const std::string all = Numbers(300'000);
  std::string read;
  {
    FdOutput out(ends_[1], /*most_waiting=*/1 << 20);
    std::thread reader([&] { read = ReadAll(); });
    for (size_t i = 0; i < all.size(); i += 777) out.Write(absl::string_view(all).substr(i, 777));
    EXPECT_TRUE(out.Flush());
    CloseWriter();
    reader.join();
  }
  EXPECT_EQ(read, all);
}

TEST_F(FdOutputTest, WithoutPushItWritesByItself) {
  FdOutput out(ends_[1]);
  out.Write("x");
  EXPECT_TRUE(out.Flush());
  CloseWriter();
  EXPECT_EQ(ReadAll(), "x");
}

TEST_F(FdOutputTest, LostTextMakesEveryLaterFlushFail) {
  FdOutput full(-1);
  full.Write("x");
  full.Push();
  EXPECT_FALSE(full.Flush());
  EXPECT_FALSE(full.Flush());
  FdOutput closed(-1);
  closed.Write("x");
  EXPECT_FALSE(closed.Flush());
  EXPECT_FALSE(closed.Flush());
}

}  // namespace
}  // namespace orch::cli

#include "services/hub/door/stream_writer.h"

#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace orch::hub {
namespace {

using Kind = StreamMail::Letter::Kind;

class StreamWriterTest : public testing::Test {
 protected:
  std::vector<StreamMail::Letter> TakeAll() {
    std::vector<StreamMail::Letter> letters;
    mail_->TakeAll(&letters);
    return letters;
  }
  bool Push(size_t bytes = 1) { return writer_.Push({std::string(bytes, 'x'), nullptr}, false); }

  int wakes_ = 0;
  std::shared_ptr<StreamMail> mail_ = std::make_shared<StreamMail>([this] { ++wakes_; });
  StreamWriter writer_{mail_, 7, 2};
};

TEST_F(StreamWriterTest, ManyMessagesWakeTheDoorOnce) {
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Push());
  EXPECT_EQ(wakes_, 1);
  const std::vector<StreamMail::Letter> letters = TakeAll();
  ASSERT_EQ(letters.size(), 10u);
  EXPECT_EQ(letters[0].connection, 7u);
  EXPECT_EQ(letters[0].call, 2u);
  EXPECT_TRUE(Push());
  EXPECT_EQ(wakes_, 2);
}

TEST_F(StreamWriterTest, AMessageThatOthersFollowWaitsForThem) {
  EXPECT_TRUE(writer_.Push({"acknowledgement", nullptr}, true));
  EXPECT_EQ(wakes_, 0);
  EXPECT_TRUE(Push());
  EXPECT_EQ(wakes_, 1);
  EXPECT_EQ(TakeAll().size(), 2u);
}

TEST_F(StreamWriterTest, IsBoundedInMessagesUntilTheyAreWritten) {
  for (size_t i = 0; i < StreamWriter::kMaxMessages; ++i) ASSERT_TRUE(Push());
  EXPECT_FALSE(Push());
  TakeAll();
  EXPECT_FALSE(Push()) << "taken by the door, but not written";
  writer_.OnWritten(1);
  EXPECT_TRUE(Push());
  EXPECT_FALSE(Push());
}

TEST_F(StreamWriterTest, IsBoundedInBytesAndTakesOneMessageOfAnySize) {
  ASSERT_TRUE(Push(StreamWriter::kMaxBytes + 1));
  EXPECT_FALSE(Push());
  writer_.OnWritten(StreamWriter::kMaxBytes + 1);
  EXPECT_TRUE(Push());
}

TEST_F(StreamWriterTest, NothingFollowsTheEnd) {
  ASSERT_TRUE(Push());
  writer_.Finish();
  writer_.Finish();
  EXPECT_FALSE(Push());
  const std::vector<StreamMail::Letter> letters = TakeAll();
  ASSERT_EQ(letters.size(), 2u);
  EXPECT_EQ(letters[1].kind, Kind::kFinish);
  writer_.CutOff();
  ASSERT_EQ(TakeAll().size(), 1u);
  writer_.OnEnd();
  writer_.CutOff();
  EXPECT_TRUE(TakeAll().empty()) << "the connection is over";
}

}  // namespace
}  // namespace orch::hub

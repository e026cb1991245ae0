#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <memory>

#include "base/process/process_spec.h"
#include "base/unique_fd.h"
#include "gtest/gtest.h"
#include "services/nodeagent/runner/output_reader.h"
#include "services/nodeagent/runner/output_writer.h"
#include "tests/support/temp_folder.h"

namespace orch::nodeagent {
namespace {

class OutputPipeTest : public testing::Test {
 protected:
  OutputPipeTest() : path_(OutputPath(folder_.path())) {}
  std::unique_ptr<OutputReader> Reader() { return std::make_unique<OutputReader>(path_, sink_); }

  TempFolder folder_;
  const std::string path_;
  std::string out_, err_;
  uint64_t next_[2] = {0, 0};
  uint64_t missing_ = 0;
  const OutputReader::Sink sink_ = [this](ProcessStream stream, uint64_t offset, absl::string_view piece) {
    uint64_t& next = next_[stream == ProcessStream::kOut ? 0 : 1];
    missing_ += offset - next;
    next = offset + piece.size();
    (stream == ProcessStream::kOut ? out_ : err_) += std::string(piece);
  };
};

TEST_F(OutputPipeTest, CarriesBothStreamsInWholeFrames) {
  ASSERT_TRUE(OutputReader::Make(path_).ok());
  const auto reader = Reader();
  OutputWriter writer(path_);
  ASSERT_TRUE(writer.wanted());
  const std::string text(100'000, 'x');
  writer.Write(ProcessStream::kOut, text);
  writer.Write(ProcessStream::kErr, "oops");
  writer.Write(ProcessStream::kOut, "end");
  reader->Drain();
  EXPECT_EQ(out_, text + "end");
  EXPECT_EQ(err_, "oops");
  EXPECT_EQ(missing_, 0u);
}

TEST_F(OutputPipeTest, NothingIsWantedWhereThereIsNoPipe) {
  EXPECT_FALSE(OutputWriter(path_).wanted());
  std::ofstream(path_) << "a file, not a pipe";
  OutputWriter writer(path_);
  EXPECT_FALSE(writer.wanted());
  writer.Write(ProcessStream::kOut, "goes nowhere");
  const auto reader = Reader();
  EXPECT_EQ(reader->fd(), -1);
  reader->Drain();
  EXPECT_EQ(out_, "");
}

TEST_F(OutputPipeTest, AFullPipeLosesOutputNotTimeAndTheReaderLearnsHowMuch) {
  ASSERT_TRUE(OutputReader::Make(path_).ok());
  const auto reader = Reader();
  constexpr size_t kPrinted = 3u * kOutputPipeBytes;
  OutputWriter writer(path_);
  writer.Write(ProcessStream::kOut, std::string(kPrinted, 'x'));
  reader->Drain();
  EXPECT_LT(out_.size(), kPrinted);
  EXPECT_GT(out_.size(), 0u);
  EXPECT_EQ(writer.printed(), (Printed{kPrinted, 0}));
  SayPrinted(writer.printed(), sink_);
  EXPECT_EQ(out_.size() + missing_, kPrinted);
}

TEST_F(OutputPipeTest, ALaterReaderGoesOnWhereTheEarlierOneStopped) {
  ASSERT_TRUE(OutputReader::Make(path_).ok());
  OutputWriter writer(path_);
  auto reader = Reader();
  writer.Write(ProcessStream::kOut, "first ");
  reader->Drain();
  reader.reset();
  writer.Write(ProcessStream::kOut, "second ");  // nobody reads, nothing ends
  reader = Reader();
  writer.Write(ProcessStream::kOut, "third");
  reader->Drain();
  EXPECT_EQ(out_, "first second third");
  EXPECT_EQ(missing_, 0u);
}

TEST_F(OutputPipeTest, AReaderLetsGoOfAPipeThatCarriesSomethingElse) {
  ASSERT_TRUE(OutputReader::Make(path_).ok());
  const auto reader = Reader();
  const UniqueFd stranger(open(path_.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
  ASSERT_EQ(write(stranger.get(), "no frame of ours, but long enough", 33), 33);
  reader->Drain();
  EXPECT_EQ(reader->fd(), -1);
  EXPECT_EQ(out_, "");
}

}  // namespace
}  // namespace orch::nodeagent

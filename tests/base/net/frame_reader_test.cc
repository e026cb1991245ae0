#include "base/net/frame_reader.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

// What the reader finds in `bytes` that come in pieces of `piece` bytes.
std::string Read(const std::string& bytes, size_t piece) {
  FrameReader reader;
  std::string found;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    absl::string_view rest = absl::string_view(bytes).substr(at, piece), payload;
    while (!rest.empty()) {
      switch (reader.Next(&rest, &payload)) {
        case FrameReader::Part::kHeader:
          found += absl::StrCat("[", reader.header().type, " ", reader.header().flags, " ", reader.header().stream, " ",
                                reader.header().size, "]");
          break;
        case FrameReader::Part::kPayload:
          found += std::string(payload);
          break;
        case FrameReader::Part::kMore:
          EXPECT_TRUE(rest.empty());
          break;
      }
    }
  }
  return found;
}

TEST(FrameReaderTest, FindsTheSameFramesHoweverTheBytesAreCut) {
  const std::string bytes = std::string("\0\0\3\0\1\0\0\0\5abc", 12) + std::string("\0\0\0\4\1\0\0\0\0", 9) +
                            std::string("\0\0\4\3\0\x80\0\1\2wxyz", 13);
  for (size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(Read(bytes, piece), "[0 1 5 3]abc[4 1 0 0][3 0 258 4]wxyz") << piece;
  }
}

TEST(FrameReaderTest, ReadsTheLargestNumbers) {
  const std::string header = std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff", 9);
  EXPECT_EQ(Read(header, 9), "[255 255 2147483647 16777215]");
}

}  // namespace
}  // namespace orch

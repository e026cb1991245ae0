#include "base/net/frame_guard.h"

#include <algorithm>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using testing::HasSubstr;
using From = FrameGuard::From;

constexpr absl::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum Type : uint8_t { kData, kHeaders, kPriority, kReset, kSettings, kPush, kPing, kGoaway, kWindow, kContinuation };
constexpr uint8_t kEndStream = 1, kEndHeaders = 4, kPadded = 8;
constexpr absl::Duration kNow = absl::Seconds(10);

std::string Big(size_t number, int size) {
  std::string bytes;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift & 0xff);
  return bytes;
}

// A frame that says it has `announced` bytes.
std::string Head(size_t announced, uint8_t type, uint8_t flags, uint32_t stream) {
  return absl::StrCat(Big(announced, 3), Big(type, 1), Big(flags, 1), Big(stream, 4));
}
std::string Frame(uint8_t type, uint8_t flags, uint32_t stream, absl::string_view payload = "") {
  return absl::StrCat(Head(payload.size(), type, flags, stream), payload);
}
std::string Message(absl::string_view body) { return absl::StrCat(Big(0, 1), Big(body.size(), 4), body); }

// What a gRPC client says for one small call.
std::string Call(uint32_t stream, absl::string_view body = "request") {
  return absl::StrCat(Frame(kHeaders, kEndHeaders, stream, std::string(80, 'h')),
                      Frame(kData, kEndStream, stream, Message(body)));
}

class FrameGuardTest : public testing::Test {
 protected:
  // "" when the bytes may pass, else why not.
  std::string Weigh(absl::string_view bytes, absl::Duration now = kNow) {
    const absl::StatusOr<size_t> cost = guard_.Weigh(bytes, now);
    if (cost.ok()) {
      EXPECT_GE(*cost, bytes.size());
      cost_ += *cost;
      return "";
    }
    EXPECT_TRUE(absl::IsInvalidArgument(cost.status()) || absl::IsResourceExhausted(cost.status())) << cost.status();
    return std::string(cost.status().message());
  }
  void Open() { ASSERT_EQ(Weigh(absl::StrCat(kPreface, Frame(kSettings, 0, 0))), ""); }

  FrameGuard guard_{From::kClient};
  size_t cost_ = 0;
};

TEST_F(FrameGuardTest, LetsAnOrdinaryConnectionPass) {
  Open();
  for (uint32_t stream = 1; stream < 4000; stream += 2) {
    ASSERT_EQ(Weigh(Call(stream)), "") << stream;
    ASSERT_EQ(Weigh(Frame(kWindow, 0, 0, Big(7, 4))), "");
  }
  EXPECT_EQ(guard_.held(), 0u);
}

TEST_F(FrameGuardTest, WhatPassesDoesNotDependOnHowTheBytesAreCut) {
  const std::string bytes = absl::StrCat(
      kPreface, Frame(kSettings, 0, 0, std::string(12, 's')), Call(1), Frame(kHeaders, 0, 3, std::string(100, 'h')),
      Frame(kContinuation, kEndHeaders, 3, std::string(50, 'c')),
      Frame(kData, 0, 3, absl::StrCat(Message("first"), Message("second").substr(0, 7))),
      Frame(kPing, 0, 0, "12345678"), Frame(kData, kEndStream, 3, Message("second").substr(7)),
      Frame(kReset, 0, 5, Big(8, 4)));
  const absl::StatusOr<size_t> whole = FrameGuard(From::kClient).Weigh(bytes, kNow);
  ASSERT_TRUE(whole.ok()) << whole.status();
  for (size_t cut = 0; cut <= bytes.size(); ++cut) {
    FrameGuard guard(From::kClient);
    const absl::StatusOr<size_t> first = guard.Weigh(bytes.substr(0, cut), kNow);
    const absl::StatusOr<size_t> second = guard.Weigh(bytes.substr(cut), kNow);
    ASSERT_TRUE(first.ok() && second.ok()) << cut << first.status() << second.status();
    EXPECT_EQ(*first + *second, *whole) << cut;
    EXPECT_EQ(guard.held(), 0u) << cut;
  }
  FrameGuard guard(From::kClient);
  size_t cost = 0;
  for (const char byte : bytes) cost += *guard.Weigh(absl::string_view(&byte, 1), kNow);
  EXPECT_EQ(cost, *whole) << "byte by byte";
}

TEST_F(FrameGuardTest, AWrongPrefaceIsSeenAtItsFirstWrongByte) {
  for (size_t at = 0; at < kPreface.size(); ++at) {
    FrameGuard guard(From::kClient);
    std::string bytes(kPreface);
    bytes[at] ^= 1;
    ASSERT_TRUE(guard.Weigh(bytes.substr(0, at), kNow).ok());
    EXPECT_THAT(std::string(guard.Weigh(bytes.substr(at, 1), kNow).status().message()),
                HasSubstr("does not speak HTTP/2"));
  }
}

TEST_F(FrameGuardTest, AServerSpeaksWithoutAPreface) {
  FrameGuard guard(From::kServer);
  EXPECT_TRUE(guard.Weigh(Frame(kSettings, 0, 0), kNow).ok());
  EXPECT_TRUE(guard.Weigh(Frame(kHeaders, kEndHeaders, 1, "h"), kNow).ok());
  EXPECT_FALSE(guard.Weigh(Head(FrameGuard::kMaxFrameBytes + 1, kData, 0, 1), kNow).ok());
}

TEST_F(FrameGuardTest, AFrameIsRefusedByItsHeaderBeforeItsBytesCome) {
  Open();
  ASSERT_EQ(Weigh(Frame(kData, 0, 9, std::string(FrameGuard::kMaxFrameBytes, 'x'))), "");
  EXPECT_THAT(Weigh(Head(FrameGuard::kMaxFrameBytes + 1, kData, 0, 9)), HasSubstr("a frame of 16385 bytes"));
  FrameGuard other(From::kServer);
  EXPECT_FALSE(other.Weigh(Head(0xffffff, kHeaders, 0, 1), kNow).ok());
}

TEST_F(FrameGuardTest, AnEndlessHeaderBlockEnds) {
  Open();
  ASSERT_EQ(Weigh(Frame(kHeaders, 0, 1, std::string(16'384, 'h'))), "");
  ASSERT_EQ(Weigh(Frame(kContinuation, 0, 1, std::string(16'384, 'h'))), "");
  EXPECT_THAT(Weigh(Head(1, kContinuation, kEndHeaders, 1)), HasSubstr("a header block of more than 32768 bytes"));
}

TEST_F(FrameGuardTest, AFloodOfEmptyContinuationsEnds) {
  Open();
  ASSERT_EQ(Weigh(Frame(kHeaders, 0, 1, "h")), "");
  for (int i = 0; i < FrameGuard::kMaxContinuations; ++i) ASSERT_EQ(Weigh(Frame(kContinuation, 0, 1)), "") << i;
  EXPECT_THAT(Weigh(Frame(kContinuation, 0, 1)), HasSubstr("8 continuations"));
}

TEST_F(FrameGuardTest, TheNextHeaderBlockIsCountedAfresh) {
  Open();
  for (uint32_t stream = 1; stream < 101; stream += 2) {
    ASSERT_EQ(Weigh(Frame(kHeaders, kEndStream, stream, std::string(16'384, 'h'))), "");
    for (int i = 0; i + 1 < FrameGuard::kMaxContinuations; ++i) {
      ASSERT_EQ(Weigh(Frame(kContinuation, 0, stream, std::string(2'000, 'h'))), "");
    }
    ASSERT_EQ(Weigh(Frame(kContinuation, kEndHeaders, stream)), "");
  }
}

TEST_F(FrameGuardTest, NothingComesBetweenAHeaderBlockAndItsContinuation) {
  Open();
  ASSERT_EQ(Weigh(Frame(kHeaders, 0, 1, "h")), "");
  EXPECT_THAT(Weigh(Frame(kPing, 0, 0, "12345678")), HasSubstr("not continued"));
  FrameGuard other(From::kServer);
  EXPECT_FALSE(other.Weigh(Frame(kContinuation, kEndHeaders, 1, "h"), kNow).ok()) << "a continuation of nothing";
}

TEST_F(FrameGuardTest, ARapidResetIsCutAndAPatientPeerIsNot) {
  Open();
  std::string why;
  int resets = 0;
  for (uint32_t stream = 1; why.empty() && resets < 10'000; stream += 2, ++resets) {
    ASSERT_EQ(Weigh(Frame(kHeaders, kEndHeaders, stream, "h")), "");
    why = Weigh(Frame(kReset, 0, stream, Big(8, 4)));
  }
  EXPECT_EQ(resets - 1, static_cast<int>(FrameGuard::kResetBurst));
  EXPECT_THAT(why, HasSubstr("too many reset streams"));

  FrameGuard patient(From::kClient);
  ASSERT_TRUE(patient.Weigh(kPreface, kNow).ok());
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_TRUE(patient.Weigh(Frame(kReset, 0, 1, Big(8, 4)), kNow + i * absl::Seconds(1) / 50).ok()) << i;
  }
}

TEST_F(FrameGuardTest, FloodsOfFramesThatCarryNothingAreCut) {
  const std::string floods[] = {Frame(kSettings, 0, 0, std::string(6, 's')),
                                Frame(kPing, 0, 0, "12345678"),
                                Frame(kPriority, 0, 3, "12345"),
                                Frame(kGoaway, 0, 0, std::string(8, 'g')),
                                Frame(kData, 0, 1),
                                Frame(0x2a, 0, 0, "unknown")};
  for (const std::string& frame : floods) {
    FrameGuard guard(From::kClient);
    ASSERT_TRUE(guard.Weigh(kPreface, kNow).ok());
    int passed = 0;
    while (passed < 100'000 && guard.Weigh(frame, kNow).ok()) ++passed;
    EXPECT_EQ(passed, static_cast<int>(FrameGuard::kControlBurst)) << "type " << int{static_cast<uint8_t>(frame[3])};
    FrameGuard slow(From::kClient);
    ASSERT_TRUE(slow.Weigh(kPreface, kNow).ok());
    for (int i = 0; i < 3'000; ++i) {
      ASSERT_TRUE(slow.Weigh(frame, kNow + i * absl::Milliseconds(2)).ok()) << "at the rate that is allowed, " << i;
    }
  }
}

TEST_F(FrameGuardTest, SmallFramesCostMoreThanTheirBytes) {
  Open();
  cost_ = 0;
  ASSERT_EQ(Weigh(Frame(kWindow, 0, 0, Big(1, 4))), "");
  EXPECT_EQ(cost_, 13 + FrameGuard::kFrameCost);
  cost_ = 0;
  ASSERT_EQ(Weigh(Frame(kHeaders, kEndHeaders | kEndStream, 1, "h")), "");
  EXPECT_EQ(cost_, 10 + FrameGuard::kFrameCost + FrameGuard::kCallCost);
}

TEST_F(FrameGuardTest, TheBytesOfALargeMessageCostManyTimesTheirNumber) {
  Open();
  const auto cost_of = [this](uint32_t stream, size_t size) {
    cost_ = 0;
    EXPECT_EQ(Weigh(Frame(kHeaders, kEndHeaders, stream, "h")), "");
    for (std::string left = Message(std::string(size, 'm')); !left.empty();) {
      const std::string piece = left.substr(0, FrameGuard::kMaxFrameBytes);
      left.erase(0, piece.size());
      EXPECT_EQ(Weigh(Frame(kData, left.empty() ? kEndStream : 0, stream, piece)), "");
    }
    return cost_;
  };
  EXPECT_LT(cost_of(1, FrameGuard::kLargeMessageBytes), 2 * FrameGuard::kLargeMessageBytes);
  EXPECT_GT(cost_of(3, FrameGuard::kLargeMessageBytes + 1),
            FrameGuard::kLargeByteCost * FrameGuard::kLargeMessageBytes);
  EXPECT_LT(cost_of(5, 100), 2 * FrameGuard::kCallCost) << "the next message is weighed by its own size";
}

TEST(HubsFrameGuardTest, AMessageIsRefusedByTheLengthItAnnounces) {
  const auto say = [](FrameGuard* guard, uint32_t stream, absl::string_view data) {
    return guard->Weigh(Frame(kData, 0, stream, data), kNow).status();
  };
  FrameGuard guard(From::kServer);
  EXPECT_TRUE(say(&guard, 1, absl::StrCat(Big(0, 1), Big(FrameGuard::kMaxAnswerBytes, 4))).ok());
  for (size_t left = FrameGuard::kMaxAnswerBytes; left > 0;) {
    const size_t size = std::min(left, FrameGuard::kMaxFrameBytes);
    ASSERT_TRUE(say(&guard, 1, std::string(size, '\xff')).ok());
    left -= size;
  }
  EXPECT_TRUE(say(&guard, 1, Message("the next one")).ok());
  EXPECT_EQ(guard.held(), 0u);
  EXPECT_THAT(std::string(say(&guard, 3, absl::StrCat(Message("m"), Big(0, 1), Big(~0u, 4))).message()),
              HasSubstr("a message of 4294967295 bytes"));
}

TEST(HubsFrameGuardTest, CallsThatThePeerGaveUpCostNothing) {
  FrameGuard guard(From::kServer);
  for (uint32_t stream = 1; stream < 10'000; stream += 2) {
    ASSERT_TRUE(guard.Weigh(Frame(kHeaders, kEndHeaders, stream, "h"), kNow).ok());
    ASSERT_TRUE(guard.Weigh(Frame(kData, 0, stream, Message("an event")), kNow).ok());
  }
}

TEST_F(FrameGuardTest, AMessageIsRefusedByTheLengthItAnnounces) {
  Open();
  ASSERT_EQ(Weigh(Frame(kHeaders, kEndHeaders, 1, "h")), "");
  EXPECT_THAT(Weigh(Frame(kData, 0, 1, absl::StrCat(Big(0, 1), Big(FrameGuard::kMaxMessageBytes + 1, 4)))),
              HasSubstr("a message of 8388609 bytes"));
}

TEST_F(FrameGuardTest, TheLengthIsReadAcrossFrames) {
  Open();
  ASSERT_EQ(Weigh(Frame(kHeaders, kEndHeaders, 1, "h")), "");
  const std::string prefix = absl::StrCat(Big(0, 1), Big(0xffffffff, 4));
  for (size_t i = 0; i + 1 < prefix.size(); ++i) ASSERT_EQ(Weigh(Frame(kData, 0, 1, prefix.substr(i, 1))), "") << i;
  EXPECT_THAT(Weigh(Frame(kData, 0, 1, prefix.substr(4))), HasSubstr("a message of 4294967295 bytes"));
}

TEST_F(FrameGuardTest, TheLargestMessageAndManySmallOnesPass) {
  Open();
  ASSERT_EQ(Weigh(Frame(kHeaders, kEndHeaders, 1, "h")), "");
  std::string bytes = Message(std::string(FrameGuard::kMaxMessageBytes, 'm'));
  for (size_t at = 0; at < bytes.size(); at += 16'384) {
    ASSERT_EQ(Weigh(Frame(kData, 0, 1, absl::string_view(bytes).substr(at, 16'384))), "");
    EXPECT_EQ(guard_.held(), at + 16'384 < bytes.size() ? at + 16'384 : 0u);
  }
  EXPECT_EQ(guard_.held(), 0u);
  std::string many;
  for (int i = 0; i < 1'000; ++i) many += Message("0123456789");
  for (size_t at = 0; at < many.size(); at += 1'000) ASSERT_EQ(Weigh(Frame(kData, 0, 1, many.substr(at, 1'000))), "");
  EXPECT_EQ(guard_.held(), 0u);
}

TEST_F(FrameGuardTest, CountsWhatUnfinishedMessagesHold) {
  Open();
  const std::string half = Message(std::string(1'000, 'm')).substr(0, 405);
  for (uint32_t stream = 1; stream < 21; stream += 2) {
    ASSERT_EQ(Weigh(Frame(kHeaders, kEndHeaders, stream, "h")), "");
    ASSERT_EQ(Weigh(Frame(kData, 0, stream, half)), "");
  }
  EXPECT_EQ(guard_.held(), 10 * 405u);
  ASSERT_EQ(Weigh(Frame(kReset, 0, 1, Big(8, 4))), "");
  EXPECT_EQ(guard_.held(), 9 * 405u) << "a reset gives it back";
  ASSERT_EQ(Weigh(Frame(kData, kEndStream, 3, "x")), "");
  EXPECT_EQ(guard_.held(), 8 * 405u) << "so does an end in the middle of a message";
  ASSERT_EQ(Weigh(Frame(kData, kEndStream, 5)), "");
  EXPECT_EQ(guard_.held(), 7 * 405u) << "and an empty last frame";
  ASSERT_EQ(Weigh(Frame(kHeaders, kEndHeaders | kEndStream, 7, "trailer")), "");
  EXPECT_EQ(guard_.held(), 6 * 405u);
}

TEST_F(FrameGuardTest, DataOfAStreamThatWasNeverBegunHoldsNothing) {
  Open();
  ASSERT_EQ(Weigh(Frame(kData, 0, 77, absl::StrCat(Big(0, 1), Big(0xffffffff, 4), "text"))), "");
  EXPECT_EQ(guard_.held(), 0u);
}

TEST_F(FrameGuardTest, StreamsThatAreBegunAndNeverEndedAreBounded) {
  Open();
  std::string why;
  size_t open = 0;
  for (uint32_t stream = 1; why.empty() && open < 10'000; stream += 2, ++open) {
    why = Weigh(Frame(kHeaders, kEndHeaders, stream, "h"));
  }
  EXPECT_EQ(open - 1, FrameGuard::kMaxOpenStreams);
  EXPECT_THAT(why, HasSubstr("too many open streams"));
}

TEST_F(FrameGuardTest, PaddedDataAndPushedStreamsAreRefused) {
  Open();
  EXPECT_THAT(Weigh(Frame(kData, kPadded, 1, std::string("\xff", 1) + std::string(255, '\0'))), HasSubstr("padded"));
  FrameGuard server(From::kServer);
  EXPECT_THAT(std::string(server.Weigh(Frame(kPush, kEndHeaders, 1, "1234h"), kNow).status().message()),
              HasSubstr("pushed"));
}

TEST_F(FrameGuardTest, TheReservedBitNamesNoOtherStream) {
  Open();
  ASSERT_EQ(Weigh(Frame(kHeaders, kEndHeaders, 0x80000001u, "h")), "");
  ASSERT_EQ(Weigh(Frame(kData, 0, 1, Message("12345").substr(0, 6))), "");
  EXPECT_EQ(guard_.held(), 6u);
}

// Any bytes: an answer, held() never above what came, and the same answer however they are cut.
TEST_F(FrameGuardTest, AnswersAnyBytes) {
  std::mt19937 random(9);
  for (int round = 0; round < 3'000; ++round) {
    std::string bytes(kPreface);
    for (int frame = 0; frame < 12; ++frame) {
      std::string one =
          Frame(static_cast<uint8_t>(random() % 11), static_cast<uint8_t>(random()),
                static_cast<uint32_t>(random() % 5), std::string(random() % 40, static_cast<char>(random() % 3)));
      if (random() % 8 == 0) one[random() % one.size()] = static_cast<char>(random());
      bytes += one;
    }
    FrameGuard whole(From::kClient);
    const absl::Status expected = whole.Weigh(bytes, kNow).status();
    FrameGuard cut(From::kClient);
    absl::Status seen;
    for (size_t at = 0; seen.ok() && at < bytes.size();) {
      const size_t size = 1 + random() % 30;
      seen = cut.Weigh(absl::string_view(bytes).substr(at, size), kNow).status();
      at += size;
      ASSERT_LE(cut.held(), bytes.size());
    }
    ASSERT_EQ(seen, expected);
  }
}

TEST_F(FrameGuardTest, OfAStreamThatTheServerHasResetNothingIsKept) {
  Open();
  for (uint32_t stream = 1; stream < 8 * FrameGuard::kMaxOpenStreams; stream += 2) {
    ASSERT_EQ(Weigh(absl::StrCat(Frame(kHeaders, kEndHeaders, stream, "h"), Frame(kData, 0, stream, Big(1, 5)))), "");
    EXPECT_EQ(guard_.held(), 5u);
    guard_.EndStream(stream);
    EXPECT_EQ(guard_.held(), 0u);
    ASSERT_EQ(Weigh(Frame(kData, 0, stream, "under way")), "") << "what was under way is let pass";
  }
  guard_.EndStream(99'999);
}

TEST_F(FrameGuardTest, AStreamMayEndWhileItsDataPasses) {
  Open();
  ASSERT_EQ(Weigh(Frame(kHeaders, kEndHeaders, 1, "h")), "");
  const std::string data = Frame(kData, 0, 1, Message(std::string(100, 'x')));
  ASSERT_EQ(Weigh(data.substr(0, 50)), "");
  guard_.EndStream(1);
  ASSERT_EQ(Weigh(data.substr(50)), "");
  EXPECT_EQ(guard_.held(), 0u);
}

TEST_F(FrameGuardTest, WhatAServerAnnouncesIsBoundedToo) {
  FrameGuard server(From::kServer);
  ASSERT_TRUE(server.Weigh(Frame(kHeaders, kEndHeaders, 1, "h"), kNow).ok());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(server.Weigh(Frame(kData, 0, 1, Message("an answer")), kNow).ok());
  EXPECT_EQ(server.held(), 0u) << "nothing is kept between messages";
  const std::string huge = absl::StrCat(Big(0, 1), Big(FrameGuard::kMaxAnswerBytes + 1, 4));
  const absl::StatusOr<size_t> refused = server.Weigh(Frame(kData, 0, 1, huge), kNow);
  EXPECT_TRUE(absl::IsResourceExhausted(refused.status())) << refused.status();
}

}  // namespace
}  // namespace orch

#include "services/hub/door/stream_side.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/streams/http2_client.h"

namespace orch::hub {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using End = GrpcConnection::Handler::End;

constexpr char kServed[] = "/orch.v1.NodeService/Attach";
constexpr char kOther[] = "/orch.v1.Enrolment/Enrol";

class RecordingReader final : public StreamReader {
 public:
  void OnMessage(std::string message) override { messages.push_back(std::move(message)); }
  bool full() const override { return messages.size() >= 2; }
  void OnEnd(End end) override { ends.push_back(end); }

  std::vector<std::string> messages;
  std::vector<End> ends;
};

class RecordingService final : public StreamService {
 public:
  bool Serves(absl::string_view method) const override { return method == kServed; }
  absl::StatusOr<std::shared_ptr<StreamReader>> Open(const std::shared_ptr<Visitor>& visitor,
                                                     std::shared_ptr<StreamWriter> writer) override {
    visitors.push_back(visitor);
    writers.push_back(std::move(writer));
    if (!refusal.ok()) return refusal;
    readers.push_back(std::make_shared<RecordingReader>());
    return readers.back();
  }
  void OnTurnEnd(absl::Duration) override {}

  absl::Status refusal;
  std::vector<std::shared_ptr<Visitor>> visitors;
  std::vector<std::shared_ptr<StreamWriter>> writers;
  std::vector<std::shared_ptr<RecordingReader>> readers;
};

class StreamSideTest : public testing::Test {
 protected:
  static constexpr uint64_t kNumber = 7;

  StreamSideTest() : visitor_(std::make_shared<Visitor>()) { side_->SetVisitor(visitor_); }

  std::string TakeAll() {
    std::string all;
    char bytes[500];
    size_t size = 0;
    while (side_->readable() && side_->Take(bytes, sizeof bytes, &size) == InnerSide::Taken::kBytes) {
      all.append(bytes, size);
    }
    return all;
  }
  // The letters come before anything else.
  void Exchange() {
    std::vector<StreamMail::Letter> letters;
    mail_->TakeAll(&letters);
    for (StreamMail::Letter& letter : letters) {
      EXPECT_EQ(letter.connection, kNumber);
      side_->OnLetter(std::move(letter));
    }
    for (int round = 0; round < 100; ++round) {
      const std::string there = client_.TakeBytes();
      if (!there.empty()) {
        ASSERT_TRUE(side_->Put(there).ok());
      }
      const std::string back = TakeAll();
      ASSERT_TRUE(client_.Receive(back));
      if (there.empty() && back.empty()) return;
    }
    FAIL() << "they never stop";
  }

  Http2Client client_;
  RecordingService service_;
  int wakes_ = 0;
  std::shared_ptr<StreamMail> mail_ = std::make_shared<StreamMail>([this] { ++wakes_; });
  std::shared_ptr<Visitor> visitor_;
  std::unique_ptr<StreamSide> side_ = std::make_unique<StreamSide>(kNumber, &service_, mail_);
};

TEST_F(StreamSideTest, AStreamIsServedHere) {
  const int32_t stream = client_.Call(kServed);
  Exchange();
  ASSERT_EQ(service_.readers.size(), 1u);
  EXPECT_EQ(service_.visitors[0], visitor_);
  EXPECT_FALSE(side_->for_grpc());
  EXPECT_TRUE(service_.writers[0]->Push({"welcome", nullptr}, false));
  EXPECT_EQ(wakes_, 1);
  client_.Say(stream, Http2Client::Framed("hello"));
  Exchange();
  EXPECT_EQ(client_.answers[stream].data, Http2Client::Framed("welcome"));
  EXPECT_THAT(service_.readers[0]->messages, ElementsAre("hello"));
  EXPECT_FALSE(side_->full());
  client_.Say(stream, Http2Client::Framed("more"));
  Exchange();
  EXPECT_TRUE(side_->full());
}

// gRPC's client waits for the first SETTINGS frame before it calls.
TEST_F(StreamSideTest, BeforeTheFirstCallThePeerIsSentOneFrame) {
  const std::string greeting = TakeAll();
  EXPECT_EQ(greeting.size(), 9u + 6u);
  ASSERT_TRUE(side_->Put(client_.TakeBytes()).ok());
  EXPECT_EQ(TakeAll(), "") << "not even the answer to the peer's SETTINGS";
}

TEST_F(StreamSideTest, AnyOtherFirstCallMakesTheConnectionGrpcs) {
  const std::string preface = client_.TakeBytes();
  ASSERT_TRUE(client_.Receive(TakeAll()));
  client_.Call(kOther);
  const std::string call = client_.TakeBytes();
  ASSERT_TRUE(side_->Put(preface).ok());
  EXPECT_FALSE(side_->for_grpc());
  ASSERT_TRUE(side_->Put(call).ok());
  EXPECT_TRUE(side_->for_grpc());
  EXPECT_EQ(TakeAll(), "");
  ASSERT_TRUE(side_->Put("further bytes").ok());
  EXPECT_EQ(side_->TakeHeard(), preface + call);
  EXPECT_THAT(service_.visitors, IsEmpty());
}

// What gRPC then sends is a second SETTINGS frame, which a client takes.
TEST_F(StreamSideTest, AClientGoesOnWithAnotherServerAfterTheFirstFrame) {
  ASSERT_TRUE(client_.Receive(TakeAll()));
  const int32_t stream = client_.Call(kOther);
  ASSERT_TRUE(side_->Put(client_.TakeBytes()).ok());
  RecordingService grpc_service;
  StreamSide grpc(kNumber, &grpc_service, mail_);  // it stands for gRPC: answers the call in its own words
  char bytes[1000];
  size_t size = 0;
  ASSERT_EQ(grpc.Take(bytes, sizeof bytes, &size), InnerSide::Taken::kBytes);
  EXPECT_TRUE(client_.Receive({bytes, size}));
  EXPECT_EQ(client_.settings, 2);
  EXPECT_FALSE(client_.answers[stream].closed);
}

TEST_F(StreamSideTest, WhatTheHubHasToSaySoFarGoesWithTheFirstMessage) {
  const int32_t stream = client_.Call(kServed);
  ASSERT_TRUE(side_->Put(client_.TakeBytes()).ok());
  EXPECT_FALSE(side_->readable()) << "neither settings nor headers";
  ASSERT_TRUE(service_.writers[0]->Push({"welcome", nullptr}, false));
  Exchange();
  EXPECT_EQ(client_.settings, 1);
  EXPECT_EQ(client_.answers[stream].fields[":status"], "200");
  EXPECT_EQ(client_.answers[stream].data, Http2Client::Framed("welcome"));
}

TEST_F(StreamSideTest, AnotherCallAfterAStreamIsRefused) {
  client_.Call(kServed);
  Exchange();
  ASSERT_TRUE(service_.writers[0]->Push({"welcome", nullptr}, false));
  Exchange();
  const int32_t other = client_.Call(kOther);
  Exchange();
  EXPECT_EQ(client_.answers[other].fields["grpc-status"], "8") << "beside the stream";
  service_.writers[0]->Finish();
  Exchange();
  const int32_t later = client_.Call(kOther);
  Exchange();
  EXPECT_EQ(client_.answers[later].fields["grpc-status"], "12") << "after it";
  EXPECT_FALSE(side_->for_grpc());
}

TEST_F(StreamSideTest, WhoNeverCallsIsGrpcsInTheEnd) {
  client_.TakeBytes();
  std::string settings("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 24 + 9);
  const std::string window_update("\0\0\4\10\0\0\0\0\0\0\0\0\1", 13);
  while (settings.size() <= StreamSide::kMaxUndecidedBytes) settings += window_update;
  ASSERT_TRUE(side_->Put(settings).ok());
  EXPECT_TRUE(side_->for_grpc());
  EXPECT_EQ(side_->TakeHeard(), settings);
}

TEST_F(StreamSideTest, ARefusalIsTheAnswer) {
  service_.refusal = absl::ResourceExhaustedError("the share is used up");
  const int32_t stream = client_.Call(kServed);
  Exchange();
  EXPECT_EQ(client_.answers[stream].fields["grpc-status"], "8");
  EXPECT_EQ(client_.answers[stream].fields["grpc-message"], "the share is used up");
}

TEST_F(StreamSideTest, LettersOfAnEarlierCallAreNotForTheNext) {
  const int32_t first = client_.Call(kServed);
  Exchange();
  client_.Reset(first);
  ASSERT_TRUE(service_.writers[0]->Push({"late", nullptr}, false));
  ASSERT_TRUE(side_->Put(client_.TakeBytes()).ok());
  const int32_t second = client_.Call(kServed);
  Exchange();
  EXPECT_EQ(service_.readers.size(), 2u);
  EXPECT_EQ(client_.answers[second].data, "");
  EXPECT_FALSE(service_.writers[0]->Push({"too late", nullptr}, false));
  EXPECT_THAT(service_.readers[0]->ends, ElementsAre(End::kReset));
}

TEST_F(StreamSideTest, TheReaderLearnsThatTheConnectionIsGone) {
  client_.Call(kServed);
  Exchange();
  side_.reset();
  EXPECT_THAT(service_.readers[0]->ends, ElementsAre(End::kReset));
  EXPECT_FALSE(service_.writers[0]->Push({"nobody reads this", nullptr}, false));
}

TEST_F(StreamSideTest, ThePeersHangUpEndsIt) {
  client_.Call(kServed);
  Exchange();
  ASSERT_TRUE(service_.writers[0]->Push({"welcome", nullptr}, false));
  Exchange();
  side_->EndPutting();
  char bytes[10];
  size_t size = 0;
  ASSERT_TRUE(side_->readable());
  EXPECT_EQ(side_->Take(bytes, sizeof bytes, &size), InnerSide::Taken::kEnd);
  EXPECT_TRUE(side_->ended());
}

}  // namespace
}  // namespace orch::hub

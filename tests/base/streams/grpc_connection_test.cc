#include "base/streams/grpc_connection.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/streams/http2_client.h"

namespace orch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using End = GrpcConnection::Handler::End;

constexpr char kMethod[] = "/orch.v1.NodeService/Attach";

class RecordingHandler final : public GrpcConnection::Handler {
 public:
  absl::Status OnCall(absl::string_view method) override {
    calls.emplace_back(method);
    return answer;
  }
  void OnMessage(std::string message) override { messages.push_back(std::move(message)); }
  void OnWritten(size_t bytes) override { written += bytes; }
  void OnCallEnd(End end) override { ends.push_back(end); }

  absl::Status answer;
  std::vector<std::string> calls, messages;
  std::vector<End> ends;
  size_t written = 0;
};

class GrpcConnectionTest : public testing::Test {
 protected:
  // Carries bytes until neither side has any. `piece`: how many of the client's bytes come at once.
  absl::Status Exchange(size_t piece = 100'000) {
    for (int round = 0; round < 10'000; ++round) {
      std::string there = client_.TakeBytes();
      for (size_t at = 0; at < there.size(); at += piece) {
        const absl::Status received = hub_.Receive(absl::string_view(there).substr(at, piece));
        if (!received.ok()) return received;
      }
      const std::string back = TakeAll();
      EXPECT_TRUE(client_.Receive(back));
      if (there.empty() && back.empty()) return absl::OkStatus();
    }
    return absl::InternalError("they never stop");
  }
  std::string TakeAll(size_t piece = 1000) {
    std::string all, bytes(piece, '\0');
    while (const size_t size = hub_.Take(bytes.data(), bytes.size())) all += bytes.substr(0, size);
    return all;
  }
  // An open call.
  int32_t Attach() {
    const int32_t stream = client_.Call(kMethod);
    EXPECT_TRUE(Exchange().ok());
    return stream;
  }
  const Http2Client::Answer& answer(int32_t stream) { return client_.answers[stream]; }
  std::string field(int32_t stream, const std::string& name) { return client_.answers[stream].fields[name]; }

  RecordingHandler handler_;
  Http2Client client_;
  GrpcConnection hub_{&handler_};
};

TEST_F(GrpcConnectionTest, ACallIsAnsweredAndMessagesPassBothWays) {
  const int32_t stream = Attach();
  EXPECT_THAT(handler_.calls, ElementsAre(kMethod));
  EXPECT_EQ(field(stream, ":status"), "200");
  EXPECT_EQ(field(stream, "content-type"), "application/grpc");
  client_.Say(stream, Http2Client::Framed("one") + Http2Client::Framed("") + Http2Client::Framed("three"));
  hub_.Send({"head", nullptr});
  hub_.Send({"head and ", std::make_shared<const std::string>("body")});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_THAT(handler_.messages, ElementsAre("one", "", "three"));
  EXPECT_EQ(answer(stream).data, Http2Client::Framed("head") + Http2Client::Framed("head and body"));
  EXPECT_EQ(handler_.written, 4u + 13u);
  EXPECT_FALSE(hub_.has_output());
}

TEST_F(GrpcConnectionTest, BytesMayBeCutAnywhere) {
  const int32_t stream = client_.Call(kMethod);
  client_.Say(stream, Http2Client::Framed("one") + Http2Client::Framed(std::string(70'000, 'x')));
  ASSERT_TRUE(Exchange(1).ok());
  EXPECT_THAT(handler_.messages, ElementsAre("one", std::string(70'000, 'x')));
}

TEST_F(GrpcConnectionTest, MegabytesPassBothWaysThroughTheWindows) {
  const int32_t stream = Attach();
  const std::string there(3'000'000, 't'), back(5'000'000, 'b');
  client_.Say(stream, Http2Client::Framed(there));
  hub_.Send({back.substr(0, 10), std::make_shared<const std::string>(back.substr(10))});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_THAT(handler_.messages, ElementsAre(there));
  EXPECT_TRUE(answer(stream).data == Http2Client::Framed(back));
}

TEST_F(GrpcConnectionTest, ThePeersEndIsToldOnceAndAnswered) {
  const int32_t stream = Attach();
  client_.Say(stream, Http2Client::Framed("last words"), true);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_THAT(handler_.messages, ElementsAre("last words"));
  EXPECT_THAT(handler_.ends, ElementsAre(End::kByPeer));
  EXPECT_EQ(field(stream, "grpc-status"), "0");
  EXPECT_TRUE(answer(stream).closed);
  EXPECT_FALSE(hub_.finishing());
}

TEST_F(GrpcConnectionTest, AResetIsTold) {
  const int32_t stream = Attach();
  client_.Reset(stream);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_THAT(handler_.ends, ElementsAre(End::kReset));
  hub_.Send({"nobody reads this", nullptr});
  EXPECT_FALSE(hub_.has_output());
}

TEST_F(GrpcConnectionTest, FinishWritesWhatIsQueuedAndThenTheStatus) {
  const int32_t stream = Attach();
  hub_.Send({"goodbye", nullptr});
  hub_.Finish(absl::UnavailableError("50 % off\n"));
  EXPECT_TRUE(hub_.finishing());
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(answer(stream).data, Http2Client::Framed("goodbye"));
  EXPECT_EQ(field(stream, "grpc-status"), "14");
  EXPECT_EQ(field(stream, "grpc-message"), "50 %25 off%0A");
  EXPECT_TRUE(answer(stream).closed) << "though the peer has not ended its side";
  EXPECT_THAT(handler_.ends, ElementsAre(End::kByUs));
  EXPECT_FALSE(hub_.finishing());
}

TEST_F(GrpcConnectionTest, OneCallAfterTheOther) {
  const int32_t first = Attach();
  hub_.Finish(absl::OkStatus());
  ASSERT_TRUE(Exchange().ok());
  const int32_t second = Attach();
  client_.Say(second, Http2Client::Framed("hello"));
  hub_.Send({"again", nullptr});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(handler_.calls.size(), 2u);
  EXPECT_EQ(answer(first).data, "");
  EXPECT_EQ(answer(second).data, Http2Client::Framed("again"));
  EXPECT_THAT(handler_.messages, ElementsAre("hello"));
}

TEST_F(GrpcConnectionTest, ASecondCallBesideTheFirstIsRefused) {
  const int32_t first = Attach(), second = Attach();
  EXPECT_EQ(field(second, "grpc-status"), "8");
  EXPECT_EQ(handler_.calls.size(), 1u);
  client_.Say(second, Http2Client::Framed("nobody hears this"));
  client_.Say(first, Http2Client::Framed("but this"));
  ASSERT_TRUE(Exchange().ok());
  EXPECT_THAT(handler_.messages, ElementsAre("but this"));
}

TEST_F(GrpcConnectionTest, ARefusedCallHasItsStatusAndNoEnd) {
  handler_.answer = absl::PermissionDeniedError("no");
  const int32_t stream = Attach();
  EXPECT_EQ(field(stream, "grpc-status"), "7");
  EXPECT_EQ(field(stream, "grpc-message"), "no");
  EXPECT_TRUE(answer(stream).closed);
  EXPECT_TRUE(handler_.ends.empty());
}

TEST_F(GrpcConnectionTest, WhatIsNotGrpcIsRefused) {
  const int32_t get = client_.Call(kMethod, {{":method", "PUT"}});
  const int32_t html = client_.Call(kMethod, {{"content-type", "text/html"}});
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(field(get, "grpc-status"), "12");
  EXPECT_EQ(field(html, "grpc-status"), "12");
  EXPECT_TRUE(handler_.calls.empty());
}

TEST_F(GrpcConnectionTest, ACompressedMessageEndsTheCall) {
  const int32_t stream = Attach();
  client_.Say(stream, Http2Client::Framed("zip", 1) + Http2Client::Framed("plain"));
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(field(stream, "grpc-status"), "12");
  EXPECT_THAT(field(stream, "grpc-message"), HasSubstr("compressed"));
  EXPECT_TRUE(handler_.messages.empty());
  EXPECT_EQ(handler_.ends.size(), 1u);
}

TEST_F(GrpcConnectionTest, AMessageThatIsAnnouncedTooLargeEndsTheCallBeforeItComes) {
  const int32_t stream = Attach();
  const std::string announced("\0\x00\x40\x00\x01", 5);  // 4 MiB and a byte
  client_.Say(stream, announced);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(field(stream, "grpc-status"), "8");
  EXPECT_THAT(field(stream, "grpc-message"), HasSubstr("4194305 bytes"));
}

TEST_F(GrpcConnectionTest, TooMuchMetadataResetsTheCall) {
  Http2Client::Fields many;
  for (int i = 0; i < 20; ++i) many.emplace_back("x-" + std::to_string(i), std::string(1000, 'x'));
  const int32_t stream = client_.Call(kMethod, many);
  ASSERT_TRUE(Exchange().ok());
  EXPECT_TRUE(answer(stream).closed);
  EXPECT_NE(answer(stream).error, 0u);
  EXPECT_TRUE(handler_.calls.empty());
}

TEST_F(GrpcConnectionTest, WhatIsNotHttp2IsAnError) {
  const absl::Status received = hub_.Receive("GET / HTTP/1.1\r\nHost: hub\r\n\r\n");
  EXPECT_TRUE(absl::IsInvalidArgument(received)) << received;
}

TEST_F(GrpcConnectionTest, APeerThatDoesNotReadIsSentNoMoreThanItsWindow) {
  const int32_t stream = Attach();
  (void)stream;
  hub_.Send({"", std::make_shared<const std::string>(1'000'000, 'x')});
  const std::string sent = TakeAll();
  EXPECT_LE(sent.size(), 66'000u);
  EXPECT_GE(sent.size(), 65'535u);
  EXPECT_FALSE(hub_.has_output());
  EXPECT_EQ(handler_.written, 0u);
}

TEST_F(GrpcConnectionTest, APingIsSentAndOneIsAnswered) {
  Attach();
  hub_.Ping();
  ASSERT_TRUE(Exchange().ok());
  EXPECT_EQ(client_.pings, 1);
}

}  // namespace
}  // namespace orch

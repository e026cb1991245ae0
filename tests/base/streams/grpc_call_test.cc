#include "base/streams/grpc_call.h"

#include <string>
#include <utility>
#include <vector>

#include "base/streams/grpc_connection.h"
#include "base/streams/grpc_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace orch {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr char kCalledMethod[] = "/orch.v1.NodeService/Attach";

class RecordingServer final : public GrpcConnection::Handler {
 public:
  absl::Status OnCall(absl::string_view method) override {
    calls.emplace_back(method);
    return answer;
  }
  void OnMessage(std::string message) override { messages.push_back(std::move(message)); }
  void OnWritten(size_t) override {}
  void OnCallEnd(End end) override { ends.push_back(end); }

  absl::Status answer;
  std::vector<std::string> calls, messages;
  std::vector<End> ends;
};

class RecordingClient final : public GrpcCall::Handler {
 public:
  void OnMessage(std::string message) override { messages.push_back(std::move(message)); }
  void OnWritten(size_t bytes) override { written += bytes; }
  void OnEnd(const absl::Status& status) override { ends.push_back(status); }

  std::vector<std::string> messages;
  std::vector<absl::Status> ends;
  size_t written = 0;
};

// The call against the hub's own server side.
class GrpcCallTest : public testing::Test {
 protected:
  template <typename From, typename To>
  bool Carry(From* from, To* to, size_t piece) {
    char bytes[4096];
    const size_t size = from->Take(bytes, sizeof bytes);
    for (size_t at = 0; at < size; at += piece) {
      EXPECT_TRUE(to->Receive(absl::string_view(bytes, size).substr(at, piece)).ok());
    }
    return size > 0;
  }
  void Exchange(size_t piece = 4096) {
    bool moved = true;
    while (moved) {
      moved = Carry(&call_, &server_, piece);
      moved = Carry(&server_, &call_, piece) || moved;
    }
  }

  RecordingServer server_says_;
  RecordingClient client_says_;
  GrpcConnection server_{&server_says_};
  GrpcCall call_{kCalledMethod, {{"orch-session", "s"}}, &client_says_};
};

TEST_F(GrpcCallTest, MessagesPassBothWaysHoweverTheBytesAreCut) {
  const std::string large(300'000, 'l');
  call_.Send({"hello", nullptr});
  call_.Send({large, nullptr});
  Exchange(7);
  EXPECT_THAT(server_says_.calls, ElementsAre(kCalledMethod));
  server_.Send({"welcome", nullptr});
  server_.Send({large, nullptr});
  Exchange(7);
  EXPECT_THAT(server_says_.messages, ElementsAre("hello", large));
  EXPECT_THAT(client_says_.messages, ElementsAre("welcome", large));
  EXPECT_EQ(client_says_.written, 5 + large.size());
  EXPECT_FALSE(call_.ended());
  EXPECT_FALSE(call_.has_output());
}

TEST_F(GrpcCallTest, TheServersStatusIsToldOnce) {
  Exchange();
  server_.Send({"goodbye", nullptr});
  server_.Finish(absl::UnavailableError("100 % over:\nähm"));
  Exchange();
  EXPECT_THAT(client_says_.messages, ElementsAre("goodbye"));
  EXPECT_THAT(client_says_.ends, ElementsAre(absl::UnavailableError("100 % over:\nähm")));
  EXPECT_TRUE(call_.ended());
}

TEST_F(GrpcCallTest, ARefusedCallEndsWithTheStatus) {
  server_says_.answer = absl::ResourceExhaustedError("the share is used up");
  Exchange();
  EXPECT_THAT(client_says_.ends, ElementsAre(absl::ResourceExhaustedError("the share is used up")));
}

TEST_F(GrpcCallTest, HalfCloseFollowsWhatWasSent) {
  call_.Send({"last words", nullptr});
  call_.HalfClose();
  call_.Send({"nobody hears this", nullptr});
  Exchange();
  EXPECT_THAT(server_says_.messages, ElementsAre("last words"));
  EXPECT_THAT(server_says_.ends, ElementsAre(GrpcConnection::Handler::End::kByPeer));
  EXPECT_THAT(client_says_.ends, ElementsAre(absl::OkStatus()));
}

TEST_F(GrpcCallTest, AServerThatDoesNotSpeakHttp2EndsTheCall) {
  EXPECT_TRUE(call_.Receive("HTTP/1.1 400 Bad Request\r\n\r\n").ok());
  char bytes[4096];
  while (call_.Take(bytes, sizeof bytes) > 0) {
  }
  ASSERT_EQ(client_says_.ends.size(), 1u);
  EXPECT_THAT(std::string(client_says_.ends[0].message()), HasSubstr("breaks HTTP/2"));
}

TEST_F(GrpcCallTest, AMessageThatIsAnnouncedTooLargeEndsTheCall) {
  Exchange();
  server_.Send({std::string(GrpcCall::kMaxMessageBytes + 1, 'x'), nullptr});
  Exchange();
  ASSERT_EQ(client_says_.ends.size(), 1u);
  EXPECT_TRUE(absl::IsResourceExhausted(client_says_.ends[0])) << client_says_.ends[0];
  EXPECT_THAT(client_says_.messages, IsEmpty());
  EXPECT_THAT(server_says_.ends, ElementsAre(GrpcConnection::Handler::End::kReset));
}

TEST(GrpcTextTest, PercentCodesComeBack) {
  const std::string text = "a%b\n\x01 äß 100%";
  EXPECT_EQ(PercentDecode(PercentEncode(text)), text);
  EXPECT_EQ(PercentDecode("50%"), "50%");
  EXPECT_EQ(PercentDecode("%zz%4"), "%zz%4");
}

}  // namespace
}  // namespace orch

// A node whose host is gone: the door asks it for a sign of life and gives it up.
#include <sys/socket.h>

#include <memory>
#include <string>
#include <utility>

#include "base/manual_clock.h"
#include "base/unique_fd.h"
#include "gtest/gtest.h"
#include "services/hub/door/connection.h"
#include "tests/base/streams/http2_client.h"

namespace orch::hub {
namespace {

class NoService final : public StreamService {
 public:
  bool Serves(absl::string_view) const override { return true; }
  absl::StatusOr<std::shared_ptr<StreamReader>> Open(const std::shared_ptr<Visitor>&,
                                                     std::shared_ptr<StreamWriter>) override {
    return absl::UnavailableError("nobody is here");
  }
  void OnTurnEnd(absl::Duration) override {}
};

class SilentPeerTest : public testing::Test {
 protected:
  void SetUp() override {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends), 0);
    peer_ = UniqueFd(ends[1]);
    Connection::Origin origin;
    origin.kind = Connection::Kind::kClearTcp;
    connection_ = std::make_unique<Connection>(7, UniqueFd(ends[0]), std::move(origin), clock_.Steady());
    connection_->OpenForStreams("pair", &service_, std::make_shared<StreamMail>([] {}), &clock_, &scratch_);
    auto visitor = std::make_shared<Visitor>();
    visitor->share = std::make_shared<Share>(NodeShare());
    connection_->SetVisitor(std::move(visitor));
    client_.Call("/orch.v1.NodeService/Attach");
    Carry();
  }
  // Everything that waits passes both ways.
  void Carry() {
    for (int round = 0; round < 10; ++round) {
      const std::string there = client_.TakeBytes();
      ASSERT_EQ(send(peer_.get(), there.data(), there.size(), 0), static_cast<ssize_t>(there.size()));
      connection_->OnNet(true, true, false);
      ASSERT_NE(connection_->Carry(clock_.Steady()), TlsPump::Step::kOver);
      char bytes[4096];
      for (ssize_t got; (got = recv(peer_.get(), bytes, sizeof bytes, 0)) > 0;) {
        ASSERT_TRUE(client_.Receive({bytes, static_cast<size_t>(got)}));
      }
    }
  }
  bool IsAlive(absl::Duration after) {
    clock_.Advance(after);
    return connection_->IsAlive(clock_.Steady());
  }

  ManualClock clock_;
  TlsPump::Scratch scratch_;
  NoService service_;
  Http2Client client_;
  UniqueFd peer_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(SilentPeerTest, IsAskedOnceAndGivenUp) {
  EXPECT_TRUE(IsAlive(Connection::kAskAfter - absl::Seconds(1)));
  EXPECT_FALSE(connection_->streams()->readable()) << "it is not asked yet";
  EXPECT_TRUE(IsAlive(absl::Seconds(1)));
  EXPECT_TRUE(connection_->streams()->readable());
  EXPECT_TRUE(IsAlive(Connection::kAnswerWithin - absl::Seconds(1)));
  EXPECT_FALSE(IsAlive(absl::Seconds(1)));
}

TEST_F(SilentPeerTest, WhoAnswersStays) {
  EXPECT_TRUE(IsAlive(Connection::kAskAfter));
  Carry();
  EXPECT_EQ(client_.pings, 1);
  EXPECT_TRUE(IsAlive(Connection::kAnswerWithin)) << "its answer was heard";
  EXPECT_TRUE(IsAlive(Connection::kAskAfter));
  Carry();
  EXPECT_EQ(client_.pings, 2) << "it is asked after each silence";
}

}  // namespace
}  // namespace orch::hub

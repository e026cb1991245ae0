#include "base/net/tls_pump.h"

#include <poll.h>

#include <algorithm>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/net/pair_side.h"
#include "base/net/refusal_frames.h"
#include "base/unique_fd.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/base/net/tls_pair.h"

namespace orch {
namespace {

using testing::HasSubstr;
using Step = TlsPump::Step;

std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  std::mt19937 random(static_cast<unsigned>(size));
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Says what poll(2) says now.
void Ready(TlsPump* pump, PairSide* pair) {
  pollfd fds[2] = {{pump->net(), POLLIN | POLLOUT, 0}, {pair->fd(), POLLIN | POLLOUT, 0}};
  poll(fds, 2, 0);
  const auto is = [](const pollfd& fd, int events) { return (fd.revents & events) != 0; };
  pump->OnNet(is(fds[0], POLLIN), is(fds[0], POLLOUT), is(fds[0], POLLHUP | POLLERR));
  pair->OnReady(is(fds[1], POLLIN), is(fds[1], POLLOUT), is(fds[1], POLLHUP | POLLERR));
}

// Gives the pump one end of a socket pair as its inner side.
PairSide* JoinPair(TlsPump* pump, UniqueFd end, TlsPump::Inspector from_net = nullptr) {
  auto inner = std::make_unique<PairSide>(std::move(end));
  PairSide* const pair = inner.get();
  pump->Join(std::move(inner), std::move(from_net), nullptr);
  return pair;
}

// gRPC of the peer - its pump - the network - the hub's pump - gRPC of the hub.
class TlsPumpTest : public testing::Test {
 protected:
  TlsPumpTest() {
    FdPair net = MakePair();
    peer_ = std::make_unique<TlsPump>(std::move(net.a), MakeSsl<'k'>(false), &scratch_);
    hub_ = std::make_unique<TlsPump>(std::move(net.b), MakeSsl<'k'>(true), &scratch_);
  }
  void Shake() {
    TlsPump::Handshake peer = TlsPump::Handshake::kWait, hub = TlsPump::Handshake::kWait;
    for (int round = 0; round < 10 && (peer != TlsPump::Handshake::kDone || hub != TlsPump::Handshake::kDone);
         ++round) {
      peer_->OnNet(true, true, false);
      if (peer != TlsPump::Handshake::kDone) peer = peer_->Shake();
      hub_->OnNet(true, true, false);
      if (hub != TlsPump::Handshake::kDone) hub = hub_->Shake();
      ASSERT_NE(peer, TlsPump::Handshake::kFailed);
      ASSERT_NE(hub, TlsPump::Handshake::kFailed);
    }
    ASSERT_EQ(peer, TlsPump::Handshake::kDone);
    ASSERT_EQ(hub, TlsPump::Handshake::kDone);
  }
  void Join(TlsPump::Inspector from_net = nullptr) {
    FdPair peer = MakePair(), hub = MakePair();
    peer_pair_ = JoinPair(peer_.get(), std::move(peer.a));
    hub_pair_ = JoinPair(hub_.get(), std::move(hub.a), std::move(from_net));
    peer_end_ = std::move(peer.b);
    hub_end_ = std::move(hub.b);
  }
  // One turn of a pump that has not ended.
  static Step Turn(TlsPump* pump, PairSide* pair, Step before) {
    if (before == Step::kOver) return before;
    Ready(pump, pair);
    return pump->Carry();
  }
  void TurnBoth() {
    peer_step_ = Turn(peer_.get(), peer_pair_, peer_step_);
    hub_step_ = Turn(hub_.get(), hub_pair_, hub_step_);
  }

  TlsPump::Scratch scratch_;
  std::unique_ptr<TlsPump> peer_, hub_;
  PairSide *peer_pair_ = nullptr, *hub_pair_ = nullptr;
  UniqueFd peer_end_, hub_end_;
  Step peer_step_ = Step::kWait, hub_step_ = Step::kWait;
};

TEST_F(TlsPumpTest, CarriesMegabytesBothWaysAtOnce) {
  Shake();
  Join();
  const std::string there = Pattern(5'000'000), back = Pattern(3'000'001);
  std::string at_hub, at_peer;
  size_t sent_there = 0, sent_back = 0;
  for (int turn = 0; turn < 20'000 && (at_hub.size() < there.size() || at_peer.size() < back.size()); ++turn) {
    sent_there += Push(peer_end_.get(), absl::string_view(there).substr(sent_there));
    sent_back += Push(hub_end_.get(), absl::string_view(back).substr(sent_back));
    TurnBoth();
    at_hub += ReadAll(hub_end_.get());
    at_peer += ReadAll(peer_end_.get());
  }
  EXPECT_TRUE(at_hub == there) << at_hub.size();
  EXPECT_TRUE(at_peer == back) << at_peer.size();
  EXPECT_TRUE(peer_->reason().ok() && hub_->reason().ok());
}

TEST_F(TlsPumpTest, WithoutTlsItCarriesTheSame) {
  FdPair net = MakePair(), pair = MakePair();
  TlsPump pump(std::move(net.a), nullptr, &scratch_);
  PairSide* const inner = JoinPair(&pump, std::move(pair.a));
  const std::string there = Pattern(1'000'000);
  std::string seen, echoed;
  size_t sent = 0, sent_back = 0;
  for (int turn = 0; turn < 5'000 && echoed.size() < there.size(); ++turn) {
    sent += Push(net.b.get(), absl::string_view(there).substr(sent));
    Ready(&pump, inner);
    ASSERT_NE(pump.Carry(), Step::kOver);
    seen += ReadAll(pair.b.get());
    sent_back += Push(pair.b.get(), absl::string_view(seen).substr(sent_back));
    echoed += ReadAll(net.b.get());
  }
  EXPECT_TRUE(seen == there);
  EXPECT_TRUE(echoed == there);
}

// Somebody who reads nothing makes the other side stop, not hoard.
TEST_F(TlsPumpTest, ASlowReaderStopsTheSenderAndLosesNothing) {
  Shake();
  Join();
  const std::string there = Pattern(8'000'000);
  size_t sent = 0;
  for (int turn = 0; turn < 200; ++turn) {
    sent += Push(peer_end_.get(), absl::string_view(there).substr(sent));
    TurnBoth();
    EXPECT_LE(hub_->held(), 2 * TlsPump::kMaxHeldBytes);
    EXPECT_LE(peer_->held(), 2 * TlsPump::kMaxHeldBytes);
  }
  EXPECT_LT(sent, 2'000'000u) << "no more than the sockets and both pumps hold";
  std::string at_hub;
  for (int turn = 0; turn < 20'000 && at_hub.size() < there.size(); ++turn) {
    at_hub += ReadAll(hub_end_.get());
    TurnBoth();
    sent += Push(peer_end_.get(), absl::string_view(there).substr(sent));
  }
  EXPECT_TRUE(at_hub == there);
}

TEST_F(TlsPumpTest, OneTurnIsBoundedHoweverMuchIsThere) {
  Shake();
  Join();
  const std::string there = Pattern(16'384);
  size_t most = 0;
  for (int turn = 0; turn < 100; ++turn) {
    while (Push(peer_end_.get(), there) == there.size()) {
    }
    TurnBoth();
    most = std::max(most, ReadAll(hub_end_.get()).size());
  }
  EXPECT_GT(most, TlsPump::kMaxHeldBytes / 2) << "the test has something to bound";
  EXPECT_LE(most, (TlsPump::kRoundsATurn + 1) * TlsPump::kMaxHeldBytes);
}

TEST_F(TlsPumpTest, AnIdlePumpHoldsNothing) {
  Shake();
  Join();
  Push(peer_end_.get(), "hello");
  TurnBoth();
  EXPECT_EQ(ReadAll(hub_end_.get()), "hello");
  EXPECT_EQ(peer_->held(), 0u);
  EXPECT_EQ(hub_->held(), 0u);
}

TEST_F(TlsPumpTest, AfterOneSideHasEndedTheOtherMayStillSpeak) {
  Shake();
  Join();
  Push(peer_end_.get(), "last words");
  TurnBoth();
  // The peer's TLS ends in one direction, as another program's may; ours closes at once.
  SSL_shutdown(peer_->ssl());
  ASSERT_GT(Push(peer_->net(), scratch_.out), 0u);
  scratch_.out.clear();
  TurnBoth();
  EXPECT_EQ(ReadAll(hub_end_.get()), "last words");
  EXPECT_TRUE(AtEnd(hub_end_.get())) << "gRPC is told of the end";
  ASSERT_NE(hub_step_, Step::kOver);
  Push(hub_end_.get(), "answer");
  TurnBoth();
  TurnBoth();
  EXPECT_EQ(ReadAll(peer_end_.get()), "answer");
}

TEST_F(TlsPumpTest, WhatGrpcHasSaidBeforeItClosedArrives) {
  Shake();
  Join();
  const std::string last = Pattern(100'000);
  ASSERT_EQ(Push(hub_end_.get(), last), last.size());
  hub_end_.Reset();
  std::string at_peer;
  for (int turn = 0; turn < 100 && hub_step_ != Step::kOver; ++turn) {
    TurnBoth();
    at_peer += ReadAll(peer_end_.get());
  }
  EXPECT_EQ(hub_step_, Step::kOver);
  EXPECT_TRUE(hub_->reason().ok()) << hub_->reason();
  for (int turn = 0; turn < 10; ++turn) {
    TurnBoth();
    at_peer += ReadAll(peer_end_.get());
  }
  EXPECT_TRUE(at_peer == last) << at_peer.size();
  EXPECT_TRUE(AtEnd(peer_end_.get()));
}

TEST_F(TlsPumpTest, AForgedRecordEndsTheConnectionAndNoByteOfItPasses) {
  Shake();
  Join();
  ASSERT_EQ(Push(peer_->net(), absl::string_view("\x17\x03\x03\x00\x20", 5)), 5u);
  ASSERT_EQ(Push(peer_->net(), std::string(32, 'f')), 32u);
  Ready(hub_.get(), hub_pair_);
  EXPECT_EQ(hub_->Carry(), Step::kOver);
  EXPECT_NE(hub_->error(), 0u);
  EXPECT_FALSE(hub_->reason().ok());
  EXPECT_EQ(ReadAll(hub_end_.get()), "");
}

TEST_F(TlsPumpTest, WhatTheInspectorRefusesIsNotPassedOn) {
  Shake();
  Join([](absl::string_view bytes) {
    return bytes.find("bad") == absl::string_view::npos ? absl::OkStatus() : absl::InvalidArgumentError("it said bad");
  });
  Push(peer_end_.get(), "good ");
  TurnBoth();
  Push(peer_end_.get(), "bad");
  TurnBoth();
  EXPECT_EQ(hub_step_, Step::kOver);
  EXPECT_THAT(std::string(hub_->reason().message()), HasSubstr("it said bad"));
  EXPECT_EQ(ReadAll(hub_end_.get()), "good ");
}

TEST_F(TlsPumpTest, NothingIsReadWhilePaused) {
  Shake();
  Join();
  hub_->SetPaused(true);
  Push(peer_end_.get(), "hello");
  TurnBoth();
  EXPECT_EQ(ReadAll(hub_end_.get()), "");
  Push(hub_end_.get(), "answers still go");
  TurnBoth();
  TurnBoth();
  EXPECT_EQ(ReadAll(peer_end_.get()), "answers still go");
  hub_->SetPaused(false);
  EXPECT_NE(hub_->Carry(), Step::kOver);
  EXPECT_EQ(ReadAll(hub_end_.get()), "hello") << "without another edge from the network";
}

// A peer that asks for new keys again and again makes work and answers, and carries nothing.
TEST_F(TlsPumpTest, AFloodOfKeyUpdatesIsBoundedAndCut) {
  Shake();
  Join();
  std::string flood;
  BIO* out = BIO_new(BIO_s_mem());
  SSL_set0_wbio(peer_->ssl(), out);
  while (flood.size() < 150'000) {
    ASSERT_EQ(SSL_key_update(peer_->ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(peer_->ssl()), 1);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out, &bytes);  // NOLINT: OpenSSL's type
    flood.append(bytes, static_cast<size_t>(size));
    (void)BIO_reset(out);
  }
  size_t sent = 0;
  for (int turn = 0; turn < 50 && hub_step_ != Step::kOver; ++turn) {
    sent += Push(peer_->net(), absl::string_view(flood).substr(sent));
    hub_step_ = Turn(hub_.get(), hub_pair_, hub_step_);
    EXPECT_LE(hub_->held(), 2 * TlsPump::kMaxHeldBytes);
  }
  EXPECT_LE(scratch_.out.capacity(), 2 * TlsPump::kMaxHeldBytes) << "answers of one entry into TLS";
  EXPECT_EQ(hub_step_, Step::kOver);
  EXPECT_THAT(std::string(hub_->reason().message()), HasSubstr("new keys"));
}

TEST_F(TlsPumpTest, AFewKeyUpdatesAmongDataAreFine) {
  Shake();
  Join();
  for (int round = 0; round < 20; ++round) {
    ASSERT_EQ(SSL_key_update(peer_->ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    const std::string bytes = Pattern(10'000);
    ASSERT_EQ(Push(peer_end_.get(), bytes), bytes.size());
    std::string seen;
    for (int turn = 0; turn < 10 && seen.size() < bytes.size(); ++turn) {
      TurnBoth();
      seen += ReadAll(hub_end_.get());
    }
    ASSERT_TRUE(seen == bytes) << round;
  }
}

TEST_F(TlsPumpTest, AWrongKeyFailsTheHandshakeWithAReason) {
  FdPair net = MakePair();
  TlsPump peer(std::move(net.a), MakeSsl<'x'>(false), &scratch_);
  TlsPump hub(std::move(net.b), MakeSsl<'k'>(true), &scratch_);
  EXPECT_EQ(peer.Shake(), TlsPump::Handshake::kWait);
  hub.OnNet(true, true, false);
  EXPECT_EQ(hub.Shake(), TlsPump::Handshake::kFailed);
  EXPECT_EQ(ERR_GET_REASON(hub.error()), SSL_R_BINDER_DOES_NOT_VERIFY);
  peer.OnNet(true, true, false);
  EXPECT_EQ(peer.Shake(), TlsPump::Handshake::kFailed);
  EXPECT_EQ(ERR_GET_REASON(peer.error()), 1000 + SSL_AD_ILLEGAL_PARAMETER) << "the alert arrives";
}

TEST_F(TlsPumpTest, AHangUpInTheHandshakeIsNoTlsError) {
  EXPECT_EQ(peer_->Shake(), TlsPump::Handshake::kWait);
  hub_.reset();
  peer_->OnNet(true, true, true);
  EXPECT_EQ(peer_->Shake(), TlsPump::Handshake::kFailed);
  EXPECT_EQ(peer_->error(), 0u);
}

TEST_F(TlsPumpTest, WhoIsTurnedAwayReadsWhy) {
  Shake();
  hub_->SendLast(MakeRefusal("too many connections"));
  hub_.reset();
  FdPair pair = MakePair();
  peer_pair_ = JoinPair(peer_.get(), std::move(pair.a));
  for (int turn = 0; turn < 5; ++turn) peer_step_ = Turn(peer_.get(), peer_pair_, peer_step_);
  const Refused refused = ReadRefusal(ReadAll(pair.b.get()));
  EXPECT_EQ(refused.kind, Refused::Kind::kYes);
  EXPECT_EQ(refused.why, "too many connections");
  EXPECT_TRUE(AtEnd(pair.b.get()));
}

}  // namespace
}  // namespace orch

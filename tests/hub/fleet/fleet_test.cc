#include "services/hub/fleet/fleet.h"

#include "absl/strings/str_cat.h"
#include "auth/refusal_counters.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/job_store/memory_job_store.h"
#include "services/hub/job_store/memory_node_store.h"
#include "tests/hub/fake_pool.h"
#include "tests/hub/fakes.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SilentOutbox final : public NodeOutbox {
 public:
  bool Push(Message) override { return true; }
  void Close() override {}
};

class ListedOutbox final : public NodeOutbox {
 public:
  bool Push(Message message) override {
    if (message.head.has_goodbye()) goodbye = message.head.goodbye();
    return true;
  }
  void Close() override {}
  v1::Goodbye goodbye;
};

class FleetTest : public ::testing::Test {
 protected:
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  CountingRandom random_;
  auth::RefusalCounters refusals_;
  Registry registry_{&clock_, {}};
  DdlCache ddls_{&clock_, &executor_};
  MemoryJobStore store_{&clock_, &executor_, {}};
  Dispatcher dispatcher_{&registry_, &store_, &clock_, &random_, &executor_, {}};
  FakePool pool_{&executor_};
  Questions questions_{&registry_, &pool_, &executor_};
  NodeWatch watch_{&registry_, &questions_, &executor_, &clock_};
  MemoryNodeStore node_store_{&executor_};
  FleetRecorder recorder_{&node_store_, &registry_, &ddls_, &clock_, &executor_};
  Fleet fleet_{{&registry_, &ddls_, &dispatcher_, &watch_, &refusals_, &recorder_, &clock_}, absl::Hours(24)};
  const std::unique_ptr<auth::Keyring> keyring_ = TestKeyring();
  NodeSession session_{NodePeer("n1"), "127.0.0.1:1", keyring_.get(), std::make_shared<SilentOutbox>(),
                       &fleet_,        &clock_,       &random_,       {absl::Seconds(30), "1.0"}};

  // Another stream of that identity, from that host.
  std::unique_ptr<NodeSession> Session(const std::string& identity, const std::string& host) {
    auto outbox = std::make_shared<ListedOutbox>();
    outboxes_.push_back(outbox);
    return std::make_unique<NodeSession>(NodePeer(identity), "ipv4:" + host + ":" + std::to_string(++port_),
                                         keyring_.get(), outbox, &fleet_, &clock_, &random_,
                                         NodeSession::Options{absl::Seconds(30), "1.0"});
  }
  void Register(NodeSession* session, const std::string& instance = {}) {
    v1::NodeMessage message;
    message.mutable_register_()->set_protocol(kProtocolVersion);
    message.mutable_register_()->set_node_time_us(absl::ToUnixMicros(clock_.Now()));
    message.mutable_register_()->mutable_node()->set_identity(session->identity());
    message.mutable_register_()->set_instance(instance);
    session->OnMessage(message);
  }
  v1::ForgetNodesResponse Forget(const std::vector<std::string>& names) {
    absl::StatusOr<v1::ForgetNodesResponse> answer = absl::UnknownError("no answer");
    fleet_.Forget(names, "forgotten by a test", [&](const auto& got) { answer = got; });
    executor_.RunUntilIdle();
    EXPECT_TRUE(answer.ok()) << answer.status();
    return answer.value_or(v1::ForgetNodesResponse());
  }
  void Run(absl::Duration time, absl::Duration step) {
    for (absl::Duration past; past < time; past += step) {
      fleet_.Tick();
      executor_.Advance(step);
    }
  }
  std::vector<std::shared_ptr<ListedOutbox>> outboxes_;
  int port_ = 0;

  static v1::Node Named(const std::string& identity) {
    v1::Node node;
    node.set_identity(identity);
    return node;
  }
};

TEST_F(FleetTest, AKeyWithdrawnBeforeTheNodeRegistersDoesNotRegister) {
  fleet_.SetKeyProblem([](const NodeSession& session) { return session.key().id + " is gone"; });
  const auto wanted = fleet_.OnRegister(&session_, Named("n1"));
  EXPECT_TRUE(absl::IsUnauthenticated(wanted.status())) << wanted.status();
  EXPECT_THAT(std::string(wanted.status().message()), HasSubstr(" is gone"));
  EXPECT_EQ(registry_.Find("n1"), nullptr);
}

TEST_F(FleetTest, AKeyThatHoldsRegisters) {
  fleet_.SetKeyProblem([](const NodeSession&) { return ""; });
  EXPECT_TRUE(fleet_.OnRegister(&session_, Named("n1")).ok());
  EXPECT_NE(registry_.Find("n1"), nullptr);
}

TEST_F(FleetTest, TwoAgentsWithOneIdentityAreSeenToldAndPaced) {
  std::vector<std::string> events;
  watch_.SetListener([&](auto kind, absl::string_view identity, absl::string_view note) {
    if (kind == v1::WatchNodesResponse::NODE_CONFLICT) events.push_back(absl::StrCat(identity, ": ", note));
  });
  std::vector<std::string> alarms;
  fleet_.SetAlarm(
      [&](absl::string_view identity, absl::string_view why) { alarms.push_back(absl::StrCat(identity, ": ", why)); });
  std::vector<std::unique_ptr<NodeSession>> streams;
  for (int i = 0; i < 5; ++i) {
    streams.push_back(Session("web1", i % 2 == 0 ? "10.0.0.1" : "10.0.0.2"));
    Register(streams.back().get());
    executor_.Advance(absl::Seconds(5));
  }
  EXPECT_EQ(outboxes_[0]->goodbye.retry_after_ms(), 0u) << "a first replacement is a reconnect";
  EXPECT_EQ(outboxes_[1]->goodbye.retry_after_ms(), 0u);
  EXPECT_EQ(outboxes_[2]->goodbye.retry_after_ms(), 60'000u);
  EXPECT_EQ(outboxes_[3]->goodbye.reason(), "") << "it keeps the stream for its time";
  EXPECT_EQ(outboxes_[4]->goodbye.retry_after_ms(), 55'000u) << "what is left of it";
  for (const int paced : {2, 4}) {
    EXPECT_THAT(outboxes_[paced]->goodbye.reason(), HasSubstr("two agents use the identity web1"));
  }
  EXPECT_THAT(alarms, ElementsAre(HasSubstr("web1: two agents use the identity web1")));
  ASSERT_EQ(events.size(), 1u) << "told once, not at each turn";
  EXPECT_THAT(events[0], HasSubstr("10.0.0.1"));
  ASSERT_EQ(fleet_.conflicts().List().size(), 1u);
  EXPECT_THAT(registry_.Describe(*registry_.Find("web1")).problems(0), HasSubstr("10.0.0.2"));
  Run(absl::Minutes(11), absl::Seconds(10));
  EXPECT_THAT(fleet_.conflicts().List(), IsEmpty());
  EXPECT_THAT(registry_.Describe(*registry_.Find("web1")).problems(), IsEmpty());
}

TEST_F(FleetTest, TwoAgentsThatNeverWaitTakeTheStreamRarelyAndEverMoreSo) {
  std::vector<std::unique_ptr<NodeSession>> streams;
  const auto replacements = [this] {
    const auto list = fleet_.conflicts().List();
    return list.empty() ? 0u : list[0].replacements();
  };
  std::vector<uint32_t> after_minute;
  for (int i = 0; i < 600; ++i) {  // a try each second, for ten minutes
    streams.push_back(Session("web1", i % 2 == 0 ? "10.0.0.1" : "10.0.0.2"));
    Register(streams.back().get());
    executor_.Advance(absl::Seconds(1));
    if (i % 60 == 59) after_minute.push_back(replacements());
  }
  EXPECT_EQ(after_minute.front(), 3u);
  EXPECT_LE(after_minute.back(), 6u) << "after 1, 2, 4 and 5 minutes";
  EXPECT_GE(after_minute.back(), 5u) << "neither of them is shut out";
}

TEST_F(FleetTest, AStreamThatEndsJustBeforeAnotherHostTakesItCountsAsTaken) {
  std::vector<std::unique_ptr<NodeSession>> streams;
  for (int i = 0; i < 5; ++i) {
    streams.push_back(Session("web1", i % 2 == 0 ? "10.0.0.1" : "10.0.0.2"));
    Register(streams.back().get());
    executor_.Advance(absl::Seconds(1));
    streams.back()->OnClosed("the door has cut it");
  }
  ASSERT_EQ(fleet_.conflicts().List().size(), 1u);
  EXPECT_EQ(fleet_.conflicts().List()[0].replacements(), 3u);
  EXPECT_THAT(outboxes_[4]->goodbye.reason(), HasSubstr("not now"));
}

TEST_F(FleetTest, OneAgentThatIsRestartedAgainAndAgainIsNotSlowed) {
  std::vector<std::unique_ptr<NodeSession>> streams;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(Session("web1", "10.0.0.1"));
    Register(streams.back().get());
    executor_.Advance(absl::Seconds(1));
    EXPECT_EQ(outboxes_.back()->goodbye.reason(), "");
    streams.back()->OnClosed("the node closed the stream");
  }
  EXPECT_THAT(fleet_.conflicts().List(), IsEmpty());
}

// The hub learns of a lost connection late, and of an agent that was killed and is back already, never.
TEST_F(FleetTest, OneAgentWhoseStreamsAreLostUnseenIsNotSlowed) {
  std::vector<std::unique_ptr<NodeSession>> streams;
  for (int i = 0; i < 20; ++i) {
    streams.push_back(Session("web1", i % 2 == 0 ? "10.0.0.1" : "10.0.0.2"));  // over two addresses of its host
    Register(streams.back().get(), i < 10 ? "one run" : "run " + std::to_string(i));
    executor_.Advance(absl::Seconds(1));
    EXPECT_EQ(outboxes_.back()->goodbye.reason(), "") << i;
    if (i > 0) {
      EXPECT_THAT(outboxes_[i - 1]->goodbye.reason(), HasSubstr("attached again"));
      EXPECT_EQ(outboxes_[i - 1]->goodbye.retry_after_ms(), 0u);
    }
  }
  EXPECT_THAT(fleet_.conflicts().List(), IsEmpty());
}

TEST_F(FleetTest, AStreamThatIsSilentForLongIsReplacedEvenInAConflict) {
  std::vector<std::unique_ptr<NodeSession>> streams;
  for (int i = 0; i < 7; ++i) {  // conflict, and a pace of more than the limit of silence
    streams.push_back(Session("web1", i % 2 == 0 && i < 6 ? "10.0.0.1" : "10.0.0.2"));
    Register(streams.back().get());
    executor_.Advance(i < 3 ? absl::Seconds(1) : absl::Seconds(61));
  }
  Run(absl::Seconds(91), absl::Seconds(1));  // nothing is heard: its host has died
  ASSERT_EQ(registry_.Find("web1")->presence, v1::STALE);
  ASSERT_GT(fleet_.conflicts().WaitToReplace("web1"), absl::ZeroDuration());
  streams.push_back(Session("web1", "10.0.0.1"));
  Register(streams.back().get());
  EXPECT_EQ(outboxes_.back()->goodbye.reason(), "");
  EXPECT_EQ(registry_.Find("web1")->presence, v1::CONNECTED);
}

TEST_F(FleetTest, AnOperatorForgetsNodesThatAreAway) {
  auto here = Session("here", "10.0.0.1"), gone = Session("gone", "10.0.0.2");
  Register(here.get());
  Register(gone.get());
  gone->OnClosed("the connection to the node was lost");
  executor_.Advance(absl::Seconds(1));
  std::vector<std::string> events;
  watch_.SetListener([&](auto kind, absl::string_view identity, absl::string_view note) {
    if (kind == v1::WatchNodesResponse::NODE_FORGOTTEN) events.push_back(absl::StrCat(identity, ": ", note));
  });
  const v1::ForgetNodesResponse answer = Forget({"here", "gone", "nobody", "gone"});
  EXPECT_THAT(answer.forgotten(), ElementsAre("gone"));
  EXPECT_THAT(answer.connected(), ElementsAre("here"));
  EXPECT_THAT(answer.unknown(), ElementsAre("nobody"));
  EXPECT_THAT(events, ElementsAre("gone: forgotten by a test"));
  EXPECT_EQ(registry_.Find("gone"), nullptr);
  StoredFleet stored;
  ASSERT_TRUE(node_store_.Load(&stored).ok());
  ASSERT_EQ(stored.nodes.size(), 1u);
  EXPECT_EQ(stored.nodes[0].node.identity(), "here");
}

TEST_F(FleetTest, ANodeThatComesBackWhileItIsForgottenStays) {
  auto first = Session("a", "10.0.0.1"), second = Session("a", "10.0.0.1");
  Register(first.get());
  first->OnClosed("the connection to the node was lost");
  executor_.Advance(absl::Seconds(1));
  absl::StatusOr<v1::ForgetNodesResponse> answer = absl::UnknownError("no answer");
  fleet_.Forget({"a"}, "forgotten by a test", [&](const auto& got) { answer = got; });
  Register(second.get());  // before the store has answered
  executor_.Advance(absl::Seconds(1));
  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(answer->connected(), ElementsAre("a"));
  EXPECT_NE(registry_.ChannelOf("a"), nullptr);
  StoredFleet stored;
  ASSERT_TRUE(node_store_.Load(&stored).ok());
  EXPECT_EQ(stored.nodes.size(), 1u);
}

TEST_F(FleetTest, ANodeThatStaysAwayIsForgottenByItsRetentionAlone) {
  auto here = Session("here", "10.0.0.1"), gone = Session("gone", "10.0.0.2");
  Register(here.get());
  Register(gone.get());
  gone->OnClosed("the connection to the node was lost");
  for (int i = 0; i < 23 * 6; ++i) {
    v1::NodeMessage beat;
    beat.mutable_heartbeat()->set_node_time_us(absl::ToUnixMicros(clock_.Now()));
    here->OnMessage(beat);
    Run(absl::Minutes(10), absl::Minutes(5));
  }
  EXPECT_NE(registry_.Find("gone"), nullptr) << "23 hours of 24";
  Run(absl::Hours(2), absl::Minutes(5));
  EXPECT_EQ(registry_.Find("gone"), nullptr);
  EXPECT_NE(registry_.Find("here"), nullptr) << "who has a stream is not away, however silent";
}

TEST_F(FleetTest, AWallClockThatIsFarAheadAtTheStartForgetsNobodyAtOnce) {
  v1::Node stored = Named("a");
  stored.set_last_seen_us(absl::ToUnixMicros(clock_.Now() - absl::Hours(24 * 365)));
  registry_.Restore(stored, Registry::CheckStored(stored), "");
  Run(absl::Minutes(55), absl::Minutes(1));
  EXPECT_NE(registry_.Find("a"), nullptr);
  Run(absl::Minutes(10), absl::Minutes(1));
  EXPECT_EQ(registry_.Find("a"), nullptr);
}

}  // namespace
}  // namespace orch::hub

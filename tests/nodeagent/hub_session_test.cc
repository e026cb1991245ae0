#include "services/nodeagent/link/hub_session.h"

#include <random>

#include "base/manual_clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/nodeagent/fakes.h"

namespace orch::nodeagent {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<FakePlugin> Idle() {
  return std::make_shared<FakePlugin>([](const auto&, const auto&) { return actions::Reply(); });
}

class HubSessionTest : public ::testing::Test {
 protected:
  HubSessionTest() : snapshot_(MakeSnapshot(Idle())) {}

  HubSession Make() { return HubSession(&clock_, "n1", "instance", snapshot_); }
  static v1::HubMessage Welcome() {
    v1::HubMessage message;
    message.mutable_welcome()->set_heartbeat_seconds(30);
    return message;
  }
  static v1::HubMessage Registered() {
    v1::HubMessage message;
    message.mutable_registered();
    return message;
  }
  static v1::HubMessage Command() {
    v1::HubMessage message;
    message.mutable_command()->set_attempt_id("x");
    return message;
  }
  void Attach(HubSession* session) {
    ASSERT_EQ(session->OnMessage(Welcome()).send.size(), 1u);
    ASSERT_TRUE(session->OnMessage(Registered()).registered);
  }

  ManualClock clock_;
  std::shared_ptr<NodeSnapshot> snapshot_;
};

TEST_F(HubSessionTest, RegistersOnceItIsWelcome) {
  HubSession session = Make();
  const HubSession::Output output = session.OnMessage(Welcome());
  ASSERT_EQ(output.send.size(), 1u);
  const v1::Node& node = output.send[0].register_().node();
  EXPECT_EQ(output.send[0].register_().protocol(), HubSession::kProtocol);
  EXPECT_EQ(output.send[0].register_().node_time_us(), absl::ToUnixMicros(clock_.Now()));
  EXPECT_EQ(output.send[0].register_().instance(), "instance");
  EXPECT_EQ(node.key_id(), "n1");
  EXPECT_EQ(node.identity(), "node1.example.com");
  EXPECT_EQ(node.collectives_size(), 2);
  EXPECT_EQ(node.plugins(0).name(), "fake");
  EXPECT_EQ(node.plugins(0).ddl_sha256().size(), 32u);
  EXPECT_EQ(node.classes(1), "role::web");
  EXPECT_THAT(node.facts_json(), HasSubstr("\"processorcount\":4"));
}

TEST_F(HubSessionTest, TakesNoCommandBeforeItIsRegistered) {
  HubSession first = Make();
  HubSession::Output output = first.OnMessage(Command());
  EXPECT_TRUE(output.end.has_value());
  EXPECT_TRUE(output.commands.empty());
  HubSession second = Make();
  second.OnMessage(Welcome());
  output = second.OnMessage(Command());
  EXPECT_TRUE(output.end.has_value());
  EXPECT_TRUE(output.commands.empty());
}

TEST_F(HubSessionTest, HandsOnCommandsOnceRegistered) {
  HubSession session = Make();
  Attach(&session);
  EXPECT_EQ(session.OnMessage(Command()).commands.size(), 1u);
}

TEST_F(HubSessionTest, EndsWhenWelcomeOrRegisteredComesTwice) {
  HubSession first = Make();
  first.OnMessage(Welcome());
  EXPECT_TRUE(first.OnMessage(Welcome()).end.has_value());
  HubSession second = Make();
  Attach(&second);
  EXPECT_TRUE(second.OnMessage(Registered()).end.has_value());
  HubSession third = Make();
  EXPECT_TRUE(third.OnMessage(Registered()).end.has_value());
}

TEST_F(HubSessionTest, HonoursTheWaitOfAGoodbye) {
  v1::HubMessage goodbye;
  goodbye.mutable_goodbye()->set_reason("full");
  goodbye.mutable_goodbye()->set_retry_after_ms(5000);
  HubSession session = Make();
  Attach(&session);
  const HubSession::Output output = session.OnMessage(goodbye);
  EXPECT_EQ(output.end->retry_after, absl::Seconds(5));
  EXPECT_THAT(std::string(output.end->why.message()), HasSubstr("full"));
  goodbye.mutable_goodbye()->set_retry_after_ms(0xffffffff);
  HubSession other = Make();
  Attach(&other);
  EXPECT_EQ(other.OnMessage(goodbye).end->retry_after, HubSession::kMaxRetryAfter);
}

TEST_F(HubSessionTest, AGoodbyeCannotFloodTheLog) {
  v1::HubMessage goodbye;
  goodbye.mutable_goodbye()->set_reason(std::string(1 << 20, 'x'));
  HubSession unproven = Make();
  EXPECT_LT(unproven.OnMessage(goodbye).end->why.message().size(), HubSession::kMaxReasonBytes + 100);
}

TEST_F(HubSessionTest, SendsAskedDdlsOnceAndIgnoresUnknownOnes) {
  HubSession session = Make();
  session.OnMessage(Welcome());
  const auto& ddl = snapshot_->plugins.begin()->second;
  v1::HubMessage registered = Registered();
  registered.mutable_registered()->add_need_ddl_sha256(ddl->sha256);
  registered.mutable_registered()->add_need_ddl_sha256(ddl->sha256);
  registered.mutable_registered()->add_need_ddl_sha256(std::string(32, 'x'));
  const HubSession::Output output = session.OnMessage(registered);
  ASSERT_EQ(output.send.size(), 1u);
  ASSERT_EQ(output.send[0].ddls().ddl_json_size(), 1);
  EXPECT_EQ(output.send[0].ddls().ddl_json(0), ddl->json);
}

TEST_F(HubSessionTest, BeatsAtTheIntervalTheHubAskedFor) {
  HubSession session = Make();
  Attach(&session);
  EXPECT_EQ(session.NextTimer(), clock_.Steady() + absl::Seconds(30));
  EXPECT_TRUE(session.OnTimer().send.empty());
  clock_.Advance(absl::Seconds(30));
  const HubSession::Output output = session.OnTimer();
  ASSERT_EQ(output.send.size(), 1u);
  EXPECT_EQ(output.send[0].heartbeat().node_time_us(), absl::ToUnixMicros(clock_.Now()));
}

TEST_F(HubSessionTest, GivesUpAHubThatIsSilentForThreeIntervals) {
  HubSession session = Make();
  Attach(&session);
  clock_.Advance(absl::Seconds(80));
  v1::HubMessage ack;
  ack.mutable_heartbeat_ack();
  session.OnMessage(ack);
  clock_.Advance(absl::Seconds(80));
  EXPECT_FALSE(session.OnTimer().end.has_value());
  clock_.Advance(absl::Seconds(11));
  EXPECT_TRUE(session.OnTimer().end.has_value());
}

TEST_F(HubSessionTest, GivesUpAHubThatDoesNotGreetOrRegister) {
  HubSession silent = Make();
  clock_.Advance(HubSession::kWelcomeTimeout);
  EXPECT_THAT(std::string(silent.OnTimer().end->why.message()), HasSubstr("no welcome"));
  HubSession greeted = Make();
  greeted.OnMessage(Welcome());
  clock_.Advance(HubSession::kRegisteredTimeout);
  EXPECT_TRUE(greeted.OnTimer().end.has_value());
}

TEST_F(HubSessionTest, DeltaCarriesOnlyWhatChanged) {
  HubSession session = Make();
  Attach(&session);
  auto next = std::make_shared<NodeSnapshot>(*snapshot_);
  next->facts = std::make_shared<Json>(Json{{"osfamily", "Debian"}, {"processorcount", 8}, {"role", "db"}});
  next->classes = {"mysql"};
  const HubSession::Output output = session.OnSnapshot(next);
  ASSERT_EQ(output.send.size(), 1u);
  const v1::Delta& delta = output.send[0].delta();
  EXPECT_EQ(delta.facts_set_json(), R"({"processorcount":8,"role":"db"})");
  ASSERT_EQ(delta.facts_removed_size(), 1);
  EXPECT_EQ(delta.facts_removed(0), "uptime_seconds");
  EXPECT_TRUE(delta.has_classes());
  EXPECT_EQ(delta.classes(0), "mysql");
  EXPECT_FALSE(delta.has_plugins());
  EXPECT_FALSE(delta.has_collectives());
  EXPECT_FALSE(delta.has_problems());
  EXPECT_TRUE(session.OnSnapshot(next).send.empty());
}

TEST_F(HubSessionTest, APluginThatCannotBeLoadedIsNewsAndItsRepairToo) {
  HubSession session = Make();
  Attach(&session);
  auto broken = std::make_shared<NodeSnapshot>(*snapshot_);
  broken->plugin_problems.push_back({"parrot", std::string(600, 'x') + "\xff"});
  HubSession::Output output = session.OnSnapshot(broken);
  ASSERT_EQ(output.send.size(), 1u);
  ASSERT_EQ(output.send[0].delta().plugin_problems_size(), 1);
  EXPECT_FALSE(output.send[0].delta().has_plugins()) << "those offered are the same";
  EXPECT_EQ(output.send[0].delta().plugin_problems(0).plugin(), "parrot");
  EXPECT_LE(output.send[0].delta().plugin_problems(0).reason().size(), kMaxProblemBytes + 3);
  output = session.OnSnapshot(snapshot_);
  ASSERT_EQ(output.send.size(), 1u);
  EXPECT_TRUE(output.send[0].delta().has_problems());
  EXPECT_EQ(output.send[0].delta().plugin_problems_size(), 0);
}

TEST_F(HubSessionTest, UptimeAloneIsToldOnceAnHour) {
  HubSession session = Make();
  Attach(&session);
  auto next = std::make_shared<NodeSnapshot>(*snapshot_);
  next->facts = std::make_shared<Json>(Json{{"osfamily", "Debian"}, {"processorcount", 4}, {"uptime_seconds", 310}});
  EXPECT_TRUE(session.OnSnapshot(next).send.empty());
  clock_.Advance(absl::Hours(1));
  const HubSession::Output output = session.OnSnapshot(next);
  ASSERT_EQ(output.send.size(), 1u);
  EXPECT_EQ(output.send[0].delta().facts_set_json(), R"({"uptime_seconds":310})");
}

TEST_F(HubSessionTest, TenAndTenPointZeroAreAChange) {
  HubSession session = Make();
  Attach(&session);
  auto next = std::make_shared<NodeSnapshot>(*snapshot_);
  next->facts = std::make_shared<Json>(Json{{"osfamily", "Debian"}, {"processorcount", 4.0}, {"uptime_seconds", 10}});
  ASSERT_EQ(session.OnSnapshot(next).send.size(), 1u);
}

TEST_F(HubSessionTest, ChangesBetweenRegisterAndRegisteredAreNotLost) {
  HubSession session = Make();
  session.OnMessage(Welcome());
  auto next = std::make_shared<NodeSnapshot>(*snapshot_);
  next->problems = {"facts: stale"};
  EXPECT_TRUE(session.OnSnapshot(next).send.empty());
  const HubSession::Output output = session.OnMessage(Registered());
  ASSERT_EQ(output.send.size(), 1u);
  EXPECT_EQ(output.send[0].delta().problems(0), "facts: stale");
}

TEST_F(HubSessionTest, UpdatesGoOutOnlyWhileRegistered) {
  HubSession session = Make();
  EXPECT_TRUE(session.OnUpdate(v1::Envelope()).send.empty());
  Attach(&session);
  EXPECT_EQ(session.OnUpdate(v1::Envelope()).send.size(), 1u);
}

TEST_F(HubSessionTest, SurvivesAnyBytesAHubMaySend) {
  std::mt19937_64 chance(4711);
  for (int round = 0; round < 20'000; ++round) {
    HubSession session = Make();
    if (round % 2 == 0) session.OnMessage(Welcome());
    if (round % 4 == 0) session.OnMessage(Registered());
    std::string bytes(chance() % 64, '\0');
    for (char& byte : bytes) byte = static_cast<char>(chance());
    if (!bytes.empty() && round % 3 == 0) bytes[0] = static_cast<char>(((chance() % 6 + 1) << 3) | 2);
    if (bytes.size() > 1 && round % 3 == 0) bytes[1] = static_cast<char>(bytes.size() - 2);
    v1::HubMessage message;
    if (!message.ParseFromString(bytes)) continue;
    const bool was_registered = session.registered();
    const HubSession::Output output = session.OnMessage(message);
    EXPECT_TRUE(was_registered || output.commands.empty());
  }
}

}  // namespace
}  // namespace orch::nodeagent

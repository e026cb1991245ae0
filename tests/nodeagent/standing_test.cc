// What the hub says of a node, on the node: taken in order, kept over a restart, seen by filters and actions, and never
// told back to the hub.
#include "absl/strings/str_format.h"
#include "auth/message_mac.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/nodeagent/compose_snapshot.h"
#include "services/nodeagent/gate/command_gate.h"
#include "services/nodeagent/state/standing_file.h"
#include "tests/nodeagent/fakes.h"
#include "tests/support/temp_folder.h"

namespace orch::nodeagent {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

v1::NodeStanding Message(const std::string& role, const std::vector<std::string>& collectives = {"mcollective"}) {
  v1::NodeStanding message;
  if (!role.empty()) (*message.mutable_labels())["role"] = role;
  for (const std::string& collective : collectives) message.add_collectives(collective);
  return message;
}

class StandingFileTest : public ::testing::Test {
 protected:
  int64_t Now(absl::Duration ahead = absl::ZeroDuration()) const { return absl::ToUnixMicros(clock_.Now() + ahead); }
  ManualClock clock_;
  TempFolder folder_;
  const std::string path_ = folder_.Path("standing.json");
  StandingFile file_{path_, &clock_};
};

TEST_F(StandingFileTest, IsThereAgainAfterARestart) {
  EXPECT_TRUE(file_.Load().ok()) << "no file is no error";
  EXPECT_EQ(file_.now(), nullptr);
  EXPECT_TRUE(file_.Take(Message("web", {"mcollective", "web"}), Now()));
  StandingFile next(path_, &clock_);
  ASSERT_TRUE(next.Load().ok());
  EXPECT_THAT(next.now()->labels, ElementsAre(Pair("role", "web")));
  EXPECT_THAT(next.now()->collectives, ElementsAre("mcollective", "web"));
  EXPECT_FALSE(next.Take(Message("web", {"mcollective", "web"}), Now(absl::Seconds(1))))
      << "the same again is nothing new";
  EXPECT_TRUE(next.Take(Message(""), Now(absl::Seconds(2))));
  EXPECT_THAT(next.now()->labels, IsEmpty());
}

TEST_F(StandingFileTest, AnOlderMessageReplacesNothingEvenAfterARestart) {
  EXPECT_TRUE(file_.Take(Message("new"), Now(absl::Seconds(10))));
  EXPECT_FALSE(file_.Take(Message("old"), Now(absl::Seconds(9))));
  EXPECT_THAT(file_.now()->labels, ElementsAre(Pair("role", "new")));
  StandingFile next(path_, &clock_);
  ASSERT_TRUE(next.Load().ok());
  EXPECT_FALSE(next.Take(Message("old"), Now(absl::Seconds(9))));
  EXPECT_THAT(next.now()->labels, ElementsAre(Pair("role", "new")));
}

TEST_F(StandingFileTest, AClockThatWasFarAheadDoesNotLockTheHubOut) {
  EXPECT_TRUE(file_.Take(Message("then"), Now(absl::Hours(24 * 365))));
  EXPECT_TRUE(file_.Take(Message("now"), Now()));
  EXPECT_THAT(file_.now()->labels, ElementsAre(Pair("role", "now")));
}

TEST_F(StandingFileTest, WhatCannotBeReadIsToldAndReplaced) {
  for (const char* text : {"", "{}", "[1]", "{\"issued_at_us\":\"x\",\"labels\":{},\"collectives\":[]}",
                           "{\"issued_at_us\":1,\"labels\":{\"a\":1},\"collectives\":[]}",
                           "{\"issued_at_us\":1,\"labels\":{},\"collectives\":[{}]}", "{\"issued_at_us\":1,\"lab"}) {
    ASSERT_TRUE(WriteFileDurably(path_, text, 0600).ok());
    StandingFile file(path_, &clock_);
    EXPECT_FALSE(file.Load().ok()) << text;
    EXPECT_EQ(file.now(), nullptr);
    EXPECT_TRUE(file.Take(Message("web"), Now()));
    EXPECT_TRUE(StandingFile(path_, &clock_).Load().ok());
  }
}

TEST_F(StandingFileTest, WhatCannotBeWrittenIsInForceAllTheSame) {
  StandingFile file(folder_.Path("no/such/folder/standing.json"), &clock_);
  EXPECT_TRUE(file.Take(Message("web"), Now()));
  EXPECT_THAT(file.now()->labels, ElementsAre(Pair("role", "web")));
}

class ComposeStandingTest : public ::testing::Test {
 protected:
  std::shared_ptr<const NodeSnapshot> Compose(const Json& facts, std::shared_ptr<const Standing> standing) {
    AgentConfig config;
    config.identity = "node1.example.com";
    config.collectives = {"mcollective", "mine"};
    Inventory::Found found;
    found.facts.facts = std::make_shared<Json>(facts);
    return ComposeSnapshot(config, found, actions::Catalog(), {}, std::move(standing));
  }
  static std::shared_ptr<const Standing> Said() {
    auto standing = std::make_shared<Standing>();
    standing->labels = {{"role", "web"}};
    standing->collectives = {"mcollective", "web"};
    return standing;
  }
};

TEST_F(ComposeStandingTest, OwnFactsOfTheHubsNameAreDroppedAndToldToPeople) {
  const auto snapshot = Compose({{"trusted", {{"role", "db"}}}, {"trusted.role", "db"}, {"os", "Debian"}}, nullptr);
  EXPECT_EQ(*snapshot->facts, Json({{"os", "Debian"}}));
  EXPECT_EQ(*snapshot->FactsInForce(), Json({{"os", "Debian"}}));
  EXPECT_THAT(snapshot->problems, Contains(HasSubstr("give the fact another name")));
  EXPECT_THAT(Compose({{"trusted_by", "x"}}, nullptr)->problems, IsEmpty());
}

TEST_F(ComposeStandingTest, TheHubsWordIsInForceAndNotToldBack) {
  const auto snapshot = Compose({{"os", "Debian"}, {"trusted", "me"}}, Said());
  EXPECT_EQ(*snapshot->FactsInForce(), Json({{"os", "Debian"}, {"trusted", {{"role", "web"}}}}));
  EXPECT_THAT(snapshot->CollectivesInForce(), ElementsAre("mcollective", "web"));
  v1::Node node;
  FillNode(*snapshot, &node);
  EXPECT_EQ(node.facts_json(), R"({"os":"Debian"})");
  EXPECT_THAT(node.collectives(), ElementsAre("mcollective", "mine"));
  v1::Delta delta;
  EXPECT_EQ(ComputeDelta(*Compose({{"os", "Debian"}}, nullptr), *Compose({{"os", "Debian"}}, Said()), &delta),
            Change::kNone);
}

class StandingGateTest : public ::testing::Test {
 protected:
  StandingGateTest() { gate_.SetKey(key_); }
  void Send(v1::Envelope::Kind kind, const std::string& attempt_id, const std::string& body, const auth::Key& key) {
    v1::Envelope envelope;
    envelope.set_direction(v1::Envelope::TO_NODE);
    envelope.set_kind(kind);
    envelope.set_attempt_id(attempt_id);
    envelope.set_identity("node1.example.com");
    envelope.set_body(body);
    auth::SealEnvelope(key, Sha256(body), clock_.Now(), auth::kMessageTtl, &random_, &envelope);
    sent_.push_back(envelope);
    gate_.Handle(envelope);
  }
  void Standing(const std::string& role) { Send(v1::Envelope::STANDING, "", Message(role).SerializeAsString(), key_); }
  // Whether a command for these nodes was run.
  bool Runs(const std::string& filter, const std::string& collective = "") {
    const size_t before = runs_.All().size();
    v1::Command command;
    command.set_attempt_id(absl::StrFormat("%032x", ++last_job_));
    command.set_plugin("fake");
    command.set_action("read");
    command.set_collective(collective);
    if (!filter.empty()) {
      v1::FilterOption* option = command.mutable_filter()->add_options();
      option->set_kind(v1::FilterOption::FACT);
      option->set_text(filter);
    }
    Send(v1::Envelope::COMMAND, command.attempt_id(), command.SerializeAsString(), key_);
    const v1::Envelope answer = updates_.Await(static_cast<size_t>(last_job_)).back();
    v1::TaskUpdate update;
    EXPECT_TRUE(update.ParseFromString(answer.body()));
    EXPECT_EQ(update.kind() == v1::TaskUpdate::FINISHED, runs_.All().size() > before);
    return update.kind() == v1::TaskUpdate::FINISHED;
  }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  SystemRandom random_;
  const auth::Key key_{"k1", std::string(32, 'k')};
  Inbox<int> runs_;
  Inbox<v1::Envelope> updates_;
  std::shared_ptr<FakePlugin> plugin_ = std::make_shared<FakePlugin>([this](const auto&, const auto&) {
    runs_.Put(1);
    return actions::Reply();
  });
  AgentState state_{&clock_, {}, MakeMoment(plugin_)};
  StandingFile file_{"", &clock_};
  CommandGate gate_{"node1.example.com",
                    TaskRunner::Options{2, 10},
                    {.clock = &clock_,
                     .random = &random_,
                     .executor = &executor_,
                     .state = &state_,
                     .standing =
                         [this](const v1::NodeStanding& message, int64_t issued_at_us) {
                           if (!file_.Take(message, issued_at_us)) return;
                           AgentState::Moment moment = state_.now();
                           auto next = std::make_shared<NodeSnapshot>(*moment.snapshot);
                           next->labelled_facts = FactsWithLabels(next->facts, file_.now().get());
                           next->granted_collectives = {file_.now(), &file_.now()->collectives};
                           moment.snapshot = next;
                           state_.Set(moment);
                         }},
                    [this](v1::Envelope update) { updates_.Put(std::move(update)); }};
  int last_job_ = 0;
  std::vector<v1::Envelope> sent_;
};

TEST_F(StandingGateTest, TheCommandAfterAStandingIsDecidedByIt) {
  EXPECT_FALSE(Runs("trusted.role=web"));
  Standing("web");
  EXPECT_TRUE(Runs("trusted.role=web"));
  EXPECT_EQ((*state_.Facts())["trusted"]["role"], "web");
  Standing("db");
  EXPECT_FALSE(Runs("trusted.role=web"));
}

TEST_F(StandingGateTest, CollectivesAreThoseThatTheHubGrants) {
  EXPECT_TRUE(Runs("", "eu")) << "before the hub has said anything, the node's own";
  Standing("web");  // mcollective only
  EXPECT_FALSE(Runs("", "eu"));
  EXPECT_TRUE(Runs("", "mcollective"));
  EXPECT_THAT(state_.Collectives(), ElementsAre("mcollective"));
}

TEST_F(StandingGateTest, OthersThanTheHubSayNothing) {
  Standing("web");
  Send(v1::Envelope::STANDING, "", Message("db").SerializeAsString(), {"k1", std::string(32, 'x')});
  Send(v1::Envelope::STANDING, "", "no message", key_);
  EXPECT_TRUE(Runs("trusted.role=web"));
  const v1::Envelope first = sent_.front();
  clock_.Advance(absl::Seconds(1));
  Standing("db");
  gate_.Handle(first);  // a replay
  EXPECT_FALSE(Runs("trusted.role=web"));
  EXPECT_EQ(gate_.refusals().Get(auth::Refusal::kReplay), 1u);
}

}  // namespace
}  // namespace orch::nodeagent

#include "services/nodeagent/gate/command_gate.h"

#include <filesystem>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "auth/message_mac.h"
#include "base/digest.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "base/process/process_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/nodeagent/fakes.h"
#include "tests/support/temp_folder.h"

namespace orch::nodeagent {
namespace {

using ::testing::HasSubstr;

constexpr char kIdentity[] = "node1.example.com";

class CommandGateTest : public ::testing::Test {
 protected:
  CommandGateTest()
      : executor_(&clock_),
        key_{"k1", std::string(32, 'k')},
        plugin_(std::make_shared<FakePlugin>([this](const actions::Request& request, const actions::Context& context) {
          requests_.Put(request);
          timeouts_.Put(context.timeout);
          actions::Reply reply;
          reply.data = {{"text", request.inputs.value("text", "")}};
          return reply;
        })),
        state_(&clock_, {}, MakeMoment(plugin_)),
        gate_(std::make_unique<CommandGate>(kIdentity, TaskRunner::Options{2, 10},
                                            CommandGate::Dependencies{&clock_, &random_, &executor_, &state_},
                                            [this](v1::Envelope update) { updates_.Put(std::move(update)); })) {
    gate_->SetKey(key_);
  }

  v1::Command Command(const std::string& action = "read", const std::string& inputs = "") {
    v1::Command command;
    command.set_attempt_id(absl::StrFormat("%032x", ++last_job_));
    command.set_plugin("fake");
    command.set_action(action);
    command.set_inputs_json(inputs);
    command.set_caller("client=peadmin");
    return command;
  }
  static void AddFilter(v1::FilterOption::Kind kind, const std::string& text, v1::Command* command) {
    v1::FilterOption* option = command->mutable_filter()->add_options();
    option->set_kind(kind);
    option->set_text(text);
  }
  v1::Envelope Seal(const std::string& attempt_id, const std::string& body, v1::Envelope::Kind kind,
                    const std::string& identity = kIdentity) {
    v1::Envelope envelope;
    envelope.set_direction(v1::Envelope::TO_NODE);
    envelope.set_kind(kind);
    envelope.set_attempt_id(attempt_id);
    envelope.set_identity(identity);
    envelope.set_body(body);
    auth::SealEnvelope(key_, Sha256(body), clock_.Now(), auth::kMessageTtl, &random_, &envelope);
    return envelope;
  }
  v1::Envelope Seal(const v1::Command& command) {
    return Seal(command.attempt_id(), command.SerializeAsString(), v1::Envelope::COMMAND);
  }
  // The `count`-th update, verified as the hub would.
  v1::TaskUpdate Await(size_t count) {
    const v1::Envelope envelope = updates_.Await(count)[count - 1];
    auth::Refusal refusal;
    EXPECT_TRUE(
        auth::OpenEnvelope(envelope, key_, {v1::Envelope::TO_HUB, kIdentity, nullptr}, clock_.Now(), &refusal).ok());
    EXPECT_EQ(envelope.kind(), v1::Envelope::UPDATE);
    v1::TaskUpdate update;
    EXPECT_TRUE(update.ParseFromString(envelope.body()));
    return update;
  }
  v1::TaskUpdate Handle(const v1::Command& command) {
    const size_t before = updates_.All().size();
    gate_->Handle(Seal(command));
    return Await(before + 1);
  }

  ManualClock clock_;
  ManualExecutor executor_;
  SystemRandom random_;
  auth::Key key_;
  Inbox<actions::Request> requests_;
  Inbox<absl::Duration> timeouts_;
  Inbox<v1::Envelope> updates_;
  std::shared_ptr<FakePlugin> plugin_;
  AgentState state_;
  uint64_t last_job_ = 0;
  std::unique_ptr<CommandGate> gate_;
};

TEST_F(CommandGateTest, RunsACommandAndSignsTheReply) {
  const v1::TaskUpdate update = Handle(Command());
  EXPECT_EQ(update.reply().state(), v1::OK);
  EXPECT_EQ(update.reply().identity(), kIdentity);
  EXPECT_THAT(update.reply().data_json(), HasSubstr("\"text\":\"hello\""));  // the DDL's default input
  EXPECT_EQ(requests_.All()[0].caller, "client=peadmin");
  EXPECT_EQ(state_.counters().validated, 1u);
  EXPECT_EQ(state_.counters().passed, 1u);
  EXPECT_EQ(state_.counters().replies, 1u);
}

TEST_F(CommandGateTest, DropsEveryTamperedEnvelope) {
  const v1::Envelope good = Seal(Command());
  std::vector<v1::Envelope> bad(7, good);
  bad[0].set_body(Command("change").SerializeAsString());
  bad[1].set_attempt_id(std::string(32, 'f'));
  bad[2].set_kind(v1::Envelope::CANCEL);
  bad[3].set_expires_at_us(good.expires_at_us() + 1);
  bad[4].set_nonce(std::string(16, 'n'));
  bad[5].set_mac(std::string(32, 'm'));
  bad[6].set_key_id("k2");
  for (const v1::Envelope& envelope : bad) gate_->Handle(envelope);
  EXPECT_EQ(state_.counters().unvalidated, bad.size());
  EXPECT_EQ(state_.counters().validated, 0u);
  EXPECT_TRUE(updates_.All().empty());
  EXPECT_EQ(gate_->active_tasks(), 0u);
}

TEST_F(CommandGateTest, RunsAnEnvelopeOnlyOnce) {
  const v1::Envelope envelope = Seal(Command());
  gate_->Handle(envelope);
  Await(1);
  gate_->Handle(envelope);
  EXPECT_EQ(gate_->refusals().Get(auth::Refusal::kReplay), 1u);
  Handle(Command());  // a later job: had the repeat run, its update would be there before
  EXPECT_EQ(requests_.All().size(), 2u);
  EXPECT_EQ(updates_.All().size(), 2u);
}

TEST_F(CommandGateTest, RunsAJobOnlyOnceThoughItIsSignedAnew) {
  const v1::Command command = Command();
  Handle(command);
  gate_->Handle(Seal(command));
  EXPECT_EQ(state_.counters().duplicates, 1u);
  Handle(Command());  // a later job: had the repeat run, its update would be there before
  EXPECT_EQ(requests_.All().size(), 2u);
  EXPECT_EQ(updates_.All().size(), 2u);
}

TEST_F(CommandGateTest, AnswersAnExpiredCommandWithDenied) {
  const v1::Envelope envelope = Seal(Command());
  clock_.Advance(auth::kMessageTtl + auth::kAllowedSkew + absl::Seconds(1));
  gate_->Handle(envelope);
  const v1::Reply reply = Await(1).reply();
  EXPECT_EQ(reply.state(), v1::DENIED);
  EXPECT_EQ(reply.kind(), v1::ERROR_KIND_DENIED);
  EXPECT_EQ(state_.counters().ttl_expired, 1u);
  EXPECT_TRUE(requests_.All().empty());
}

TEST_F(CommandGateTest, AnExpiredRepeatOfARunningJobIsNotAnswered) {
  const v1::Envelope envelope = Seal(Command());
  gate_->Handle(envelope);
  Await(1);
  clock_.Advance(absl::Minutes(10));
  gate_->Handle(envelope);
  EXPECT_EQ(updates_.All().size(), 1u);
}

TEST_F(CommandGateTest, DropsWhatIsForAnotherNode) {
  const v1::Command command = Command();
  gate_->Handle(Seal(command.attempt_id(), command.SerializeAsString(), v1::Envelope::COMMAND, "node2.example.com"));
  EXPECT_EQ(gate_->refusals().Get(auth::Refusal::kIdentityMismatch), 1u);
  EXPECT_TRUE(updates_.All().empty());
}

TEST_F(CommandGateTest, RefusesEverythingWithoutAKey) {
  CommandGate keyless(kIdentity, TaskRunner::Options{1, 1}, {&clock_, &random_, &executor_, &state_},
                      [this](v1::Envelope update) { updates_.Put(std::move(update)); });
  keyless.Handle(Seal(Command()));
  EXPECT_EQ(state_.counters().unvalidated, 1u);
  EXPECT_TRUE(updates_.All().empty());
}

TEST_F(CommandGateTest, RefusesAnEnvelopeThatIsTooLargeToBeOne) {
  gate_->Handle(Seal(std::string(32, 'a'), std::string(CommandGate::kMaxEnvelopeBytes, 'x'), v1::Envelope::COMMAND));
  EXPECT_EQ(gate_->refusals().Get(auth::Refusal::kMalformed), 1u);
  EXPECT_TRUE(updates_.All().empty());
}

TEST_F(CommandGateTest, RefusesACommandCheckedAgainstAnotherDescriptionOfThePlugin) {
  v1::Command command = Command();
  command.add_ddl_sha256(std::string(32, 'x'));
  const v1::TaskUpdate refused = Handle(command);
  EXPECT_EQ(refused.reply().state(), v1::DENIED);
  EXPECT_EQ(refused.reply().kind(), v1::ERROR_KIND_DDL);
  EXPECT_THAT(refused.reply().status_message(), HasSubstr("plugin fake is described otherwise on this node"));
  EXPECT_TRUE(requests_.All().empty());
  v1::Command good = Command();
  good.add_ddl_sha256(std::string(32, 'x'));
  good.add_ddl_sha256(plugin_->ddl()->sha256);
  EXPECT_EQ(Handle(good).reply().state(), v1::OK);
}

TEST_F(CommandGateTest, SaysFilteredWhenTheFilterDoesNotHold) {
  v1::Command command = Command();
  AddFilter(v1::FilterOption::FACT, "osfamily=RedHat", &command);
  EXPECT_EQ(Handle(command).kind(), v1::TaskUpdate::FILTERED);
  EXPECT_EQ(state_.counters().filtered, 1u);
  v1::Command fits = Command();
  AddFilter(v1::FilterOption::FACT, "osfamily=Debian", &fits);
  AddFilter(v1::FilterOption::CLASS, "role::web", &fits);
  AddFilter(v1::FilterOption::PLUGIN, "fake", &fits);
  EXPECT_EQ(Handle(fits).reply().state(), v1::OK);
}

TEST_F(CommandGateTest, FollowsFactsThatChanged) {
  v1::Command command = Command();
  AddFilter(v1::FilterOption::FACT, "processorcount=4", &command);
  auto next = std::make_shared<NodeSnapshot>(*state_.snapshot());
  next->facts = std::make_shared<Json>(Json{{"processorcount", 8}});
  state_.Set({next, state_.now().catalog});
  EXPECT_EQ(Handle(command).kind(), v1::TaskUpdate::FILTERED);
}

TEST_F(CommandGateTest, AsksThePolicyOfTheNodeAboutEachCommand) {
  const TempFolder folder;
  NodePolicy policy({.folder = folder.path()}, &clock_, nullptr);
  CommandGate gate(kIdentity, TaskRunner::Options{1, 1},
                   {.clock = &clock_, .random = &random_, .executor = &executor_, .state = &state_, .policy = &policy},
                   [this](v1::Envelope update) { updates_.Put(std::move(update)); });
  gate.SetKey(key_);
  const std::string call = "fact('osfamily').exists=true";  // on a worker, because it may block
  int updates = 0;
  for (const std::string& facts : {std::string("*"), call}) {
    folder.Write("fake.policy", absl::StrCat("policy default allow\ndeny\tclient=peadmin\t*\t", facts, "\n"));
    clock_.Advance(NodePolicy::kLookInterval);
    gate.Handle(Seal(Command()));
    const v1::Reply reply = Await(++updates).reply();
    EXPECT_EQ(reply.state(), v1::DENIED) << facts;
    EXPECT_EQ(reply.kind(), v1::ERROR_KIND_POLICY) << facts;
    EXPECT_THAT(reply.status_message(), HasSubstr("fake.policy:2")) << facts;
  }
  EXPECT_TRUE(requests_.All().empty());
  std::filesystem::remove(folder.Path("fake.policy"));
  clock_.Advance(NodePolicy::kLookInterval);
  gate.Handle(Seal(Command()));
  EXPECT_EQ(Await(++updates).reply().state(), v1::OK);
}

TEST_F(CommandGateTest, EvaluatesDataFunctionsOnTheNode) {
  v1::Command command = Command();
  AddFilter(v1::FilterOption::COMPOUND, "fact('osfamily').value=Debian", &command);
  EXPECT_EQ(Handle(command).reply().state(), v1::OK);
  v1::Command other = Command();
  AddFilter(v1::FilterOption::COMPOUND, "fstat('/no/such/file').present=true", &other);
  EXPECT_EQ(Handle(other).kind(), v1::TaskUpdate::FILTERED);
}

TEST_F(CommandGateTest, SaysWhichDataFunctionFailedWhenItIsNoTargetForThat) {
  v1::Command plain = Command();
  AddFilter(v1::FilterOption::COMPOUND, "fstat('/no/such/file').present=1", &plain);
  EXPECT_FALSE(Handle(plain).has_reply());
  v1::Command failing = Command();
  AddFilter(v1::FilterOption::COMPOUND, "not agent('none').version=1", &failing);
  const v1::TaskUpdate update = Handle(failing);
  EXPECT_EQ(update.kind(), v1::TaskUpdate::FILTERED);
  EXPECT_EQ(update.reply().status_message(), "agent('none'): this node has no plugin 'none'");
  EXPECT_EQ(state_.counters().replies, 0u);
}

TEST_F(CommandGateTest, IsNoTargetInACollectiveItIsNotIn) {
  v1::Command command = Command();
  command.set_collective("us");
  EXPECT_EQ(Handle(command).kind(), v1::TaskUpdate::FILTERED);
  v1::Command member = Command();
  member.set_collective("eu");
  EXPECT_EQ(Handle(member).reply().state(), v1::OK);
}

TEST_F(CommandGateTest, RefusesAFilterItCannotParse) {
  v1::Command command = Command();
  AddFilter(v1::FilterOption::FACT, "no operator", &command);
  const v1::Reply reply = Handle(command).reply();
  EXPECT_EQ(reply.state(), v1::DENIED);
  EXPECT_THAT(reply.status_message(), HasSubstr("column"));
}

TEST_F(CommandGateTest, DeniesUnknownPluginsAndActionsWithCode2) {
  v1::Command command = Command();
  command.set_plugin("nope");
  EXPECT_EQ(Handle(command).reply().status_code(), 2u);
  const v1::Reply reply = Handle(Command("raed")).reply();
  EXPECT_EQ(reply.status_code(), 2u);
  EXPECT_EQ(reply.state(), v1::DENIED);
  EXPECT_THAT(reply.status_message(), HasSubstr("read"));
}

TEST_F(CommandGateTest, DeniesMissingInputsWithCode3AndWrongOnesWithCode4) {
  EXPECT_EQ(Handle(Command("strict")).reply().status_code(), 3u);
  EXPECT_EQ(Handle(Command("strict", R"({"needed": "x"})")).reply().status_code(), 4u);
  EXPECT_EQ(Handle(Command("read", R"({"text": "TOO BIG"})")).reply().status_code(), 4u);
  EXPECT_EQ(Handle(Command("read", R"({"unknown": 1})")).reply().status_code(), 4u);
  EXPECT_EQ(Handle(Command("read", "[1]")).reply().status_code(), 4u);
  EXPECT_EQ(Handle(Command("read", "{\"text\":")).reply().status_code(), 4u);
  EXPECT_TRUE(requests_.All().empty());
}

TEST_F(CommandGateTest, TakesTheDdlsTimeoutWhenTheCommandHasNone) {
  Handle(Command("sized"));
  v1::Command command = Command("sized");
  command.set_timeout_ms(1500);
  Handle(command);
  EXPECT_EQ(timeouts_.All()[0], absl::Seconds(7));
  EXPECT_EQ(timeouts_.All()[1], absl::Milliseconds(1500));
}

TEST_F(CommandGateTest, DeniesABodyThatIsNoCommand) {
  gate_->Handle(Seal(std::string(32, 'a'), "\xff\xff\xff", v1::Envelope::COMMAND));
  EXPECT_EQ(Await(1).reply().kind(), v1::ERROR_KIND_PROTOCOL);
  v1::Command command = Command();
  gate_->Handle(Seal(std::string(32, 'b'), command.SerializeAsString(), v1::Envelope::COMMAND));
  EXPECT_EQ(Await(2).reply().kind(), v1::ERROR_KIND_PROTOCOL);
}

TEST_F(CommandGateTest, CancelsARunningTask) {
  Latch running, until;
  auto plugin = std::make_shared<FakePlugin>([&](const auto&, const auto&) {
    running.Open();
    until.Wait();
    return actions::Reply::Failure(actions::ErrorKind::kCancelled, "its program was ended");
  });
  state_.Set(MakeMoment(plugin));
  const v1::Command command = Command();
  gate_->Handle(Seal(command));
  running.Wait();
  v1::CancelTask cancel;
  cancel.set_attempt_id(command.attempt_id());
  cancel.set_reason("enough");
  gate_->Handle(Seal(command.attempt_id(), cancel.SerializeAsString(), v1::Envelope::CANCEL));
  until.Open();
  const v1::Reply reply = Await(1).reply();
  EXPECT_EQ(reply.state(), v1::CANCELLED);
  EXPECT_THAT(reply.status_message(), HasSubstr("enough"));
  gate_.reset();  // the latches must outlive its action
}

TEST_F(CommandGateTest, SendsWhatAnActionPrintsOnlyWhereItStreamsAndThatIsWanted) {
  gate_->SetOutputAllowed(true);
  Latch printed, seen;
  auto plugin = std::make_shared<FakePlugin>([&](const auto&, const actions::Context& context) {
    if (context.on_output == nullptr) return actions::Reply();
    context.on_output(ProcessStream::kOut, "working");
    printed.Open();
    seen.Wait();
    return actions::Reply();
  });
  state_.Set(MakeMoment(plugin));
  EXPECT_EQ(Handle(Command("talk")).kind(), v1::TaskUpdate::FINISHED);
  v1::Command command = Command("read");
  command.set_live_output(true);
  EXPECT_EQ(Handle(command).kind(), v1::TaskUpdate::FINISHED);
  command = Command("talk");
  command.set_live_output(true);
  gate_->Handle(Seal(command));
  printed.Wait();
  executor_.RunUntilIdle();
  const v1::TaskUpdate update = Await(3);
  EXPECT_EQ(update.kind(), v1::TaskUpdate::OUTPUT);
  EXPECT_EQ(update.output().data(), "working");
  seen.Open();
  EXPECT_EQ(Await(4).kind(), v1::TaskUpdate::FINISHED);
  gate_.reset();  // before the latches
}

TEST_F(CommandGateTest, RefusesNewCommandsWhileItDrains) {
  bool idle = false;
  gate_->Drain([&idle] { idle = true; });
  executor_.RunUntilIdle();
  EXPECT_TRUE(idle);
  const v1::Reply reply = Handle(Command()).reply();
  EXPECT_EQ(reply.state(), v1::DENIED);
  EXPECT_EQ(reply.kind(), v1::ERROR_KIND_SHUTDOWN);
}

TEST_F(CommandGateTest, SurvivesAnyEnvelope) {
  std::mt19937_64 chance(815);
  const std::string good = Seal(Command()).SerializeAsString();
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    for (int flips = 1 + static_cast<int>(chance() % 4); flips > 0; --flips) {
      bytes[chance() % bytes.size()] = static_cast<char>(chance());
    }
    v1::Envelope envelope;
    if (!envelope.ParseFromString(bytes) || envelope.SerializeAsString() == good) continue;
    gate_->Handle(envelope);
  }
  EXPECT_EQ(state_.counters().validated, 0u);
  EXPECT_TRUE(updates_.All().empty());
}

}  // namespace
}  // namespace orch::nodeagent

// The command gate with a journal: what hub and node say to each other about durable jobs.
#include <optional>

#include "absl/strings/str_format.h"
#include "auth/message_mac.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/manual_clock.h"
#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/nodeagent/gate/command_gate.h"
#include "services/nodeagent/tasks/splay.h"
#include "tests/nodeagent/fakes.h"
#include "tests/support/temp_folder.h"

namespace orch::nodeagent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kDurableNode[] = "node1.example.com";

class DurabilityTest : public ::testing::Test {
 protected:
  struct Seen {
    std::string attempt_id;
    v1::TaskUpdate update;
  };

  DurabilityTest()
      : plugin_(std::make_shared<FakePlugin>([this](const actions::Request& request, const actions::Context& context) {
          runs_.Put(request.job_id);
          return body_ == nullptr ? actions::Reply() : body_(context);
        })),
        state_(&clock_, {}, MakeMoment(plugin_)) {
    Restart();
  }

  // What an agent killed at this moment leaves behind, and a new one.
  void Restart() {
    if (gate_ != nullptr) {
      const std::string on_disk = ReadFile(folder_.Path("journal"), 64 << 20).value();
      stopped_ = true;
      gate_.reset();  // ends its tasks in order, as a killed one would not
      stopped_ = false;
      journal_.reset();
      ASSERT_TRUE(WriteFileDurably(folder_.Path("journal"), on_disk, 0600).ok());
    }
    journal_ = Journal::Open(folder_.Path("journal"), &clock_).value();
    gate_ = std::make_unique<CommandGate>(
        kDurableNode, TaskRunner::Options{2, 10},
        CommandGate::Dependencies{&clock_, &random_, &executor_, &state_, journal_.get()},
        [this](v1::Envelope envelope) {
          if (stopped_) return;
          auth::Refusal refusal;
          EXPECT_TRUE(
              auth::OpenEnvelope(envelope, key_, {v1::Envelope::TO_HUB, kDurableNode, nullptr}, clock_.Now(), &refusal)
                  .ok());
          Seen seen{envelope.attempt_id(), {}};
          EXPECT_TRUE(seen.update.ParseFromString(envelope.body()));
          updates_.Put(std::move(seen));
        });
    gate_->SetKey(key_);
  }
  static std::string Id(int number) { return absl::StrFormat("%032x", number); }
  v1::Command Command(int number, const std::string& action = "change") {
    v1::Command command;
    command.set_attempt_id(Id(number));
    command.set_plugin("fake");
    command.set_action(action);
    command.set_caller("client=peadmin");
    command.set_durable(true);
    return command;
  }
  void Give(const std::string& attempt_id, v1::Envelope::Kind kind, const std::string& body = "") {
    v1::Envelope envelope;
    envelope.set_direction(v1::Envelope::TO_NODE);
    envelope.set_kind(kind);
    envelope.set_attempt_id(attempt_id);
    envelope.set_identity(kDurableNode);
    envelope.set_body(body);
    auth::SealEnvelope(key_, Sha256(body), clock_.Now(), auth::kMessageTtl, &random_, &envelope);
    gate_->Handle(envelope);
  }
  void Acknowledge(int number) {
    v1::Acknowledgement ack;
    ack.add_attempt_ids(Id(number));
    Give("", v1::Envelope::ACK, ack.SerializeAsString());
  }
  void Give(const v1::Command& command) {
    Give(command.attempt_id(), v1::Envelope::COMMAND, command.SerializeAsString());
  }
  v1::TaskUpdate Await(size_t count) { return updates_.Await(count)[count - 1].update; }
  v1::TaskUpdate Query(int number) {
    const size_t before = updates_.All().size();
    Give(Id(number), v1::Envelope::QUERY);
    return Await(before + 1);
  }
  // Waits until no task is on a worker.
  void AwaitIdle() {
    bool idle = false;
    gate_->Drain([&idle] { idle = true; });
    while (!idle) executor_.RunUntilIdle();
  }

  TempFolder folder_;
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  SystemRandom random_;
  auth::Key key_{"k1", std::string(32, 'k')};
  Inbox<std::string> runs_;
  Inbox<Seen> updates_;
  std::function<actions::Reply(const actions::Context&)> body_;
  std::atomic<bool> stopped_{false};
  std::shared_ptr<FakePlugin> plugin_;
  AgentState state_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<CommandGate> gate_;
};

TEST_F(DurabilityTest, IsOnDiskBeforeTheActionStartsAndItsOutcomeBeforeItIsSent) {
  body_ = [this](const actions::Context&) {
    EXPECT_EQ(Journal::Open(folder_.Path("journal"), &clock_).value()->Find(Id(1)), Journal::State::kAccepted);
    return actions::Reply();
  };
  Give(Command(1));
  EXPECT_EQ(Await(1).kind(), v1::TaskUpdate::STARTED);
  EXPECT_EQ(Await(2).reply().state(), v1::OK);
  EXPECT_EQ(Journal::Open(folder_.Path("journal"), &clock_).value()->Find(Id(1)), Journal::State::kFinished);
}

TEST_F(DurabilityTest, SendsTheOutcomeAgainAfterEveryRegistrationUntilItIsAcknowledged) {
  Give(Command(1));
  const std::string outcome = Await(2).SerializeAsString();
  gate_->OnAttached(true);
  EXPECT_EQ(Await(3).SerializeAsString(), outcome);
  Restart();
  gate_->OnAttached(true);
  EXPECT_EQ(Await(4).SerializeAsString(), outcome);
  EXPECT_EQ(updates_.All()[3].attempt_id, Id(1));
  Acknowledge(1);
  gate_->OnAttached(true);
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(updates_.All().size(), 4u);
  EXPECT_EQ(runs_.All().size(), 1u);
}

TEST_F(DurabilityTest, RunsAJobOnceHoweverOftenItComesAndWhateverRestarts) {
  Give(Command(1));
  Await(2);
  Give(Command(1));
  EXPECT_EQ(Await(3).reply().state(), v1::OK) << "a repeat is answered with the outcome";
  Restart();
  Give(Command(1));
  EXPECT_EQ(Await(4).reply().state(), v1::OK);
  Acknowledge(1);
  Give(Command(1));
  EXPECT_EQ(Await(5).kind(), v1::TaskUpdate::GONE);
  Restart();
  Give(Command(1));
  EXPECT_EQ(Await(6).kind(), v1::TaskUpdate::GONE);
  EXPECT_EQ(runs_.All().size(), 1u);
}

TEST_F(DurabilityTest, AnswersWhatBecameOfAJob) {
  Latch go;
  body_ = [&go](const actions::Context&) {
    go.Wait();
    return actions::Reply();
  };
  EXPECT_EQ(Query(1).kind(), v1::TaskUpdate::UNKNOWN);
  for (int i = 1; i <= 3; ++i) Give(Command(i));  // two workers
  runs_.Await(2);
  updates_.Await(3);  // UNKNOWN, two STARTED
  EXPECT_EQ(Query(1).kind(), v1::TaskUpdate::STARTED);
  EXPECT_EQ(Query(3).kind(), v1::TaskUpdate::ACCEPTED);
  go.Open();
  AwaitIdle();
  EXPECT_EQ(Query(1).reply().state(), v1::OK);
  Acknowledge(1);
  EXPECT_EQ(Query(1).kind(), v1::TaskUpdate::GONE);
}

TEST_F(DurabilityTest, AJobThatWasAtWorkWhenTheAgentDiedIsGoneAndNeverRunsAgain) {
  ASSERT_TRUE(journal_->Accept(Id(1)).ok());
  Restart();
  journal_->Settle(Id(1));  // as the agent does at its start
  EXPECT_EQ(Query(1).kind(), v1::TaskUpdate::GONE);
  Give(Command(1));
  EXPECT_EQ(Await(2).kind(), v1::TaskUpdate::GONE);
  EXPECT_TRUE(runs_.All().empty());
}

TEST_F(DurabilityTest, AJobThatOnlyWaitedWhenTheAgentDiedMayBeSentAgain) {
  v1::Command command = Command(1);
  command.set_splay_ms(3'600'000);
  Give(command);
  EXPECT_EQ(Query(1).kind(), v1::TaskUpdate::ACCEPTED);
  Restart();
  EXPECT_EQ(Query(1).kind(), v1::TaskUpdate::UNKNOWN);
  Give(Command(1));
  EXPECT_EQ(Await(4).reply().state(), v1::OK);
}

TEST_F(DurabilityTest, KeepsRefusalsToo) {
  v1::Command command = Command(1);
  command.set_action("nope");
  Give(command);
  EXPECT_EQ(Await(1).reply().status_code(), 2u);
  v1::Command other = Command(2);
  other.set_collective("us");
  Give(other);
  EXPECT_EQ(Await(2).kind(), v1::TaskUpdate::FILTERED);
  gate_->OnAttached(true);
  EXPECT_EQ(Await(3).reply().status_code(), 2u);
  EXPECT_EQ(Await(4).kind(), v1::TaskUpdate::FILTERED);
}

TEST_F(DurabilityTest, RunsNothingItCannotWriteDown) {
  for (size_t i = 0; i < Journal::kMaxKept; ++i) ASSERT_TRUE(journal_->Finish(Id(1000 + i), "x").ok());
  Give(Command(1));
  const v1::Reply reply = Await(1).reply();
  EXPECT_EQ(reply.state(), v1::FAILED);
  EXPECT_EQ(reply.status_code(), 5u);
  EXPECT_EQ(reply.kind(), v1::ERROR_KIND_JOURNAL);
  EXPECT_THAT(reply.status_message(), HasSubstr("not started"));
  EXPECT_TRUE(runs_.All().empty());
  AwaitIdle();
  EXPECT_EQ(Query(1).kind(), v1::TaskUpdate::UNKNOWN) << "it may be sent again";
}

TEST_F(DurabilityTest, SendsManyOutcomesInTheirOrderAndInPortions) {
  v1::TaskUpdate update;
  update.set_kind(v1::TaskUpdate::FINISHED);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(journal_->Finish(Id(i), update.SerializeAsString()).ok());
  gate_->OnAttached(true);
  EXPECT_EQ(updates_.All().size(), Delivery::kResendMessages);
  gate_->OnAttached(true);  // a new stream: all of them, from the first
  executor_.Advance(Delivery::kResendPause * 5);
  const std::vector<Seen> all = updates_.All();
  ASSERT_EQ(all.size(), Delivery::kResendMessages + 200);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(all[Delivery::kResendMessages + i].attempt_id, Id(i));
}

TEST_F(DurabilityTest, StopsSendingWhenTheHubIsAway) {
  v1::TaskUpdate update;
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(journal_->Finish(Id(i), update.SerializeAsString()).ok());
  gate_->OnAttached(true);
  gate_->OnAttached(false);
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(updates_.All().size(), Delivery::kResendMessages);
}

TEST_F(DurabilityTest, ADamagedJournalMakesUnknownJobsGone) {
  Give(Command(1));
  Await(2);
  std::string contents = ReadFile(folder_.Path("journal"), 1 << 20).value();
  contents[30] ^= 1;
  ASSERT_TRUE(WriteFileDurably(folder_.Path("journal"), contents, 0600).ok());
  Restart();
  EXPECT_FALSE(journal_->Complete());
  EXPECT_EQ(Query(77).kind(), v1::TaskUpdate::GONE);
}

TEST_F(DurabilityTest, ReadsThatAreNotDurableTouchNoDisk) {
  v1::Command command = Command(1, "read");
  command.set_durable(false);
  Give(command);
  EXPECT_EQ(Await(1).reply().state(), v1::OK);
  EXPECT_EQ(journal_->Find(Id(1)), Journal::State::kUnknown);
}

TEST_F(DurabilityTest, SplayWaitsItsTimeBeforeTheActionAndNotOnItsTime) {
  v1::Command command = Command(1);
  command.set_splay_ms(3'600'000);
  command.set_timeout_ms(1000);
  std::optional<absl::Duration> left;
  body_ = [&left](const actions::Context& context) {
    left = context.timeout;
    return actions::Reply();
  };
  Give(command);
  const absl::Duration delay = SplayDelay(Id(1), kDurableNode, absl::Hours(1));
  ASSERT_GT(delay, absl::Seconds(10));
  executor_.Advance(delay - absl::Milliseconds(1));
  EXPECT_TRUE(runs_.All().empty());
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(Await(2).reply().state(), v1::OK);
  EXPECT_EQ(left, absl::Seconds(1));
}

TEST_F(DurabilityTest, ATaskInItsSplayCanBeCancelled) {
  v1::Command command = Command(1);
  command.set_splay_ms(3'600'000);
  Give(command);
  v1::CancelTask cancel;
  cancel.set_attempt_id(Id(1));
  Give(Id(1), v1::Envelope::CANCEL, cancel.SerializeAsString());
  EXPECT_EQ(Await(1).reply().state(), v1::CANCELLED);
  executor_.Advance(absl::Hours(2));
  EXPECT_TRUE(runs_.All().empty());
  EXPECT_EQ(gate_->active_tasks(), 0u);
  gate_->OnAttached(true);
  EXPECT_EQ(Await(2).reply().state(), v1::CANCELLED);
}

TEST_F(DurabilityTest, TasksInTheirSplayCountAsWaiting) {
  for (int i = 0; i < 11; ++i) {
    v1::Command command = Command(i);
    command.set_splay_ms(86'400'000);
    Give(command);
  }
  EXPECT_EQ(Await(1).reply().kind(), v1::ERROR_KIND_BUSY);
  EXPECT_EQ(gate_->active_tasks(), 10u);
}

}  // namespace
}  // namespace orch::nodeagent

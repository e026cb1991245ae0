#include "services/nodeagent/agent.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/loop_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/nodeagent/fake_hub.h"
#include "tests/nodeagent/fakes.h"

namespace orch::nodeagent {
namespace {

using ::testing::HasSubstr;

// A real agent against a hub of one page, over loopback.
class AgentTest : public ::testing::Test {
 protected:
  AgentTest()
      : folder_(absl::StrCat(testing::TempDir(), "/agent_", getpid(), "_",
                             testing::UnitTest::GetInstance()->current_test_info()->name())),
        loop_(&clock_, "agent"),
        plugin_(std::make_shared<FakePlugin>([this](const auto&, const actions::Context& context) {
          running_.Open();
          if (hold_) until_.Wait();
          while (obeys_ && !context.cancel->cancelled()) std::this_thread::yield();
          if (obeys_) return actions::Reply::Failure(actions::ErrorKind::kCancelled, "its program was ended");
          actions::Reply reply;
          reply.data["text"] = context.cancel->cancelled() ? "cancelled" : "done";
          return reply;
        })) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    EXPECT_TRUE(auth::WriteNewCredentials(credentials(), &random_).ok());
  }
  ~AgentTest() override {
    until_.Open();
    loop_.Stop();
    agent_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string credentials() const { return folder_ + "/credentials"; }
  AgentConfig Config(const std::vector<std::string>& hubs) {
    AgentConfig config;
    for (const std::string& hub : hubs) config.hubs.push_back(ParseAddress(hub).value());
    config.identity = "node1.example.com";
    config.credentials = credentials();
    config.tls.plaintext = true;
    config.collectives = {"mcollective"};
    config.main_collective = "mcollective";
    config.facts.builtin = false;
    config.facts.facter = "off";
    config.facts.directory = folder_ + "/facts.d";
    config.reconnect_min = absl::Milliseconds(10);
    config.reconnect_max = absl::Milliseconds(100);
    return config;
  }
  void SendAway(bool once_attached);
  void StartAgent(AgentConfig config) {
    auto catalog = std::make_shared<actions::Catalog>();
    catalog->Add(plugin_);
    agent_ = Agent::Create(std::move(config), {.clock = &clock_,
                                               .random = &random_,
                                               .loop = &loop_,
                                               .catalog = catalog,
                                               .background = nullptr,
                                               .on_attached =
                                                   [this](bool attached, const std::string& what) {
                                                     attachments_.Put(attached ? "attached" : what);
                                                   }})
                 .value();
    agent_->Start();
  }
  static v1::Command Command(const std::string& attempt_id, const std::string& action = "read") {
    v1::Command command;
    command.set_attempt_id(attempt_id);
    command.set_plugin("fake");
    command.set_action(action);
    command.set_timeout_ms(60'000);
    return command;
  }
  // The `count`-th update the hub got.
  static v1::TaskUpdate AwaitUpdate(FakeHub* hub, size_t count = 1) {
    for (size_t wanted = 1;; ++wanted) {
      size_t seen = 0;
      for (const v1::NodeMessage& message : hub->received.Await(wanted)) {
        if (!message.has_update() || ++seen < count) continue;
        v1::TaskUpdate update;
        EXPECT_TRUE(update.ParseFromString(message.update().body()));
        return update;
      }
    }
  }
  size_t Stop(absl::Duration grace) {
    Inbox<size_t> left;
    agent_->BeginStop(grace, [&left](size_t tasks) { left.Put(tasks); });
    return left.Await(1)[0];
  }

  const std::string folder_;
  SystemClock clock_;
  SystemRandom random_;
  Latch running_, until_;
  std::atomic<bool> hold_{false};   // until until_
  std::atomic<bool> obeys_{false};  // runs until it is cancelled
  Inbox<std::string> attachments_;
  LoopExecutor loop_;
  std::shared_ptr<FakePlugin> plugin_;
  std::unique_ptr<Agent> agent_;
};

TEST_F(AgentTest, AttachesRegistersAndAnswersACommand) {
  FakeHub hub(credentials());
  StartAgent(Config({hub.address()}));
  EXPECT_EQ(hub.received.Await(1)[0].register_().node().identity(), "node1.example.com");
  attachments_.Await(1);
  hub.SendCommand(Command(std::string(32, 'a')));
  EXPECT_EQ(AwaitUpdate(&hub).reply().state(), v1::OK);
}

TEST_F(AgentTest, SaysNothingToAHubWithAnotherKeyUntilTheFileIsRight) {
  FakeHub hub(credentials());
  AgentConfig config = Config({hub.address()});
  config.credentials = folder_ + "/other";
  ASSERT_TRUE(auth::WriteNewCredentials(config.credentials, &random_).ok());
  StartAgent(config);
  while (hub.refused().Get(auth::Refusal::kWrongKey) < 2) absl::SleepFor(absl::Milliseconds(1));  // it comes back
  EXPECT_TRUE(hub.received.All().empty());
  std::filesystem::rename(credentials(), config.credentials);
  EXPECT_EQ(hub.attached.Await(1)[0], "node1.example.com");
}

TEST_F(AgentTest, ComesBackWhenTheStreamEnds) {
  FakeHub hub(credentials());
  StartAgent(Config({hub.address()}));
  attachments_.Await(1);
  hub.EndStream();
  attachments_.Await(3);  // attached, why not, attached
  hub.SendCommand(Command(std::string(32, 'b')));
  EXPECT_EQ(AwaitUpdate(&hub).reply().state(), v1::OK);
}

TEST_F(AgentTest, TakesTheNextHubWhenOneIsDown) {
  FakeHub hub(credentials());
  StartAgent(Config({"127.0.0.1:1", "127.0.0.1:1", hub.address()}));
  EXPECT_EQ(hub.attached.Await(1)[0], "node1.example.com");
}

// `once_attached`: said to a node that is attached, or while it still registers.
void AgentTest::SendAway(bool once_attached) {
  FakeHub a(credentials()), b(credentials());
  StartAgent(Config({a.address(), b.address()}));
  Inbox<FakeHub*> first;
  std::thread watch_a([&] { a.attached.Await(1), first.Put(&a); });
  std::thread watch_b([&] { b.attached.Await(1), first.Put(&b); });
  v1::HubMessage goodbye;
  goodbye.mutable_goodbye()->set_retry_after_ms(3'600'000);
  FakeHub* const sending = first.Await(1)[0];
  if (once_attached) attachments_.Await(1);
  sending->Send(goodbye);
  first.Await(2);  // the other one is tried at once
  watch_a.join();
  watch_b.join();
}

TEST_F(AgentTest, AHubsWishToBeLeftAloneDoesNotDelayTheNext) { SendAway(/*once_attached=*/false); }

TEST_F(AgentTest, AHubThatSendsAnAttachedNodeAwayDoesNotDelayTheNext) { SendAway(/*once_attached=*/true); }

TEST_F(AgentTest, SendsHeartbeatsAndDeltas) {
  FakeHub hub(credentials());
  std::filesystem::create_directories(folder_ + "/facts.d");
  StartAgent(Config({hub.address()}));
  attachments_.Await(1);
  std::ofstream(folder_ + "/facts.d/site.yaml") << "role: db\n";
  AgentConfig next = Config({hub.address()});
  next.collectives = {"mcollective", "eu"};
  agent_->Reload(next);
  bool delta = false, heartbeat = false, fact = false;
  for (size_t wanted = 1; !(delta && heartbeat && fact); ++wanted) {
    const v1::NodeMessage message = hub.received.Await(wanted)[wanted - 1];
    heartbeat |= message.has_heartbeat();
    delta |= message.has_delta() && message.delta().has_collectives();
    fact |= message.has_delta() && message.delta().facts_set_json() == R"({"role":"db"})";
  }
}

// With the plugins of a folder instead of the fake one.
class AgentPluginsTest : public AgentTest {
 protected:
  AgentPluginsTest() { std::filesystem::create_directories(folder_ + "/plugins"); }
  void Start(FakeHub* hub) {
    AgentConfig config = Config({hub->address()});
    config.plugin_directories = {folder_ + "/plugins"};
    agent_ =
        Agent::Create(std::move(config), {.clock = &clock_,
                                          .random = &random_,
                                          .loop = &loop_,
                                          .catalog = nullptr,
                                          .background = nullptr,
                                          .on_attached = [this](bool, const std::string& to) { attachments_.Put(to); },
                                          .on_exit = [this](const std::string& why) { exits_.Put(why); }})
            .value();
    agent_->Start();
    attachments_.Await(1);
  }
  static v1::Command Controller(char id, const std::string& action) {
    v1::Command command = Command(std::string(32, id), action);
    command.set_plugin("controller");
    command.set_caller("client=peadmin");
    return command;
  }
  Inbox<std::string> exits_;
};

TEST_F(AgentPluginsTest, AReloadReachesTheHubBeforeItsReply) {
  FakeHub hub(credentials());
  Start(&hub);
  std::ofstream(folder_ + "/plugins/broken.json") << "{";
  hub.SendCommand(Controller('a', "reload_agents"));
  bool told = false;
  for (size_t wanted = 1;; ++wanted) {
    const v1::NodeMessage message = hub.received.Await(wanted)[wanted - 1];
    if (message.has_delta() && message.delta().has_problems()) {
      for (const v1::PluginProblem& problem : message.delta().plugin_problems()) told |= problem.plugin() == "broken";
    }
    if (!message.has_update()) continue;
    v1::TaskUpdate update;
    ASSERT_TRUE(update.ParseFromString(message.update().body()));
    if (update.kind() != v1::TaskUpdate::FINISHED) continue;
    EXPECT_EQ(update.reply().state(), v1::OK) << update.reply().status_message();
    EXPECT_TRUE(told) << "the reply came first";
    return;
  }
}

TEST_F(AgentPluginsTest, AnExitIsAnsweredAndAskedOfTheOwner) {
  FakeHub hub(credentials());
  Start(&hub);
  hub.SendCommand(Controller('b', "exit"));
  EXPECT_THAT(exits_.Await(1)[0], HasSubstr("client=peadmin"));
  EXPECT_EQ(Stop(absl::Minutes(5)), 0u);
  bool answered = false;
  for (const v1::NodeMessage& message : hub.received.All()) {
    v1::TaskUpdate update;
    if (!message.has_update() || !update.ParseFromString(message.update().body())) continue;
    answered |= update.reply().state() == v1::OK;
  }
  EXPECT_TRUE(answered);
}

TEST_F(AgentTest, StopLetsRunningTasksEnd) {
  hold_ = true;
  FakeHub hub(credentials());
  StartAgent(Config({hub.address()}));
  attachments_.Await(1);
  hub.SendCommand(Command(std::string(32, 'c')));
  running_.Wait();
  Inbox<size_t> left;
  agent_->BeginStop(absl::Minutes(5), [&left](size_t tasks) { left.Put(tasks); });
  hub.SendCommand(Command(std::string(32, 'd')));
  EXPECT_EQ(AwaitUpdate(&hub).reply().kind(), v1::ERROR_KIND_SHUTDOWN);  // the new one
  until_.Open();
  EXPECT_EQ(AwaitUpdate(&hub, 2).reply().state(), v1::OK);  // the running one
  EXPECT_EQ(left.Await(1)[0], 0u);
  hub.detached.Await(1);
}

TEST_F(AgentTest, StopEndsTasksAfterTheGraceAndSaysWhy) {
  obeys_ = true;
  FakeHub hub(credentials());
  StartAgent(Config({hub.address()}));
  attachments_.Await(1);
  hub.SendCommand(Command(std::string(32, 'e')));
  running_.Wait();
  agent_->BeginStop(absl::Milliseconds(1), [](size_t) {});
  const v1::Reply reply = AwaitUpdate(&hub).reply();
  EXPECT_EQ(reply.state(), v1::CANCELLED);
  EXPECT_EQ(reply.kind(), v1::ERROR_KIND_SHUTDOWN);
  hub.detached.Await(1);
}

TEST_F(AgentTest, StopsAtOnceWhenNoHubIsThere) {
  StartAgent(Config({"127.0.0.1:1"}));
  EXPECT_EQ(Stop(absl::Minutes(5)), 0u);
}

TEST_F(AgentTest, CountsUpdatesNobodyCouldTake) {
  hold_ = true;
  auto hub = std::make_unique<FakeHub>(credentials());
  StartAgent(Config({hub->address()}));
  attachments_.Await(1);
  hub->SendCommand(Command(std::string(32, 'f')));
  running_.Wait();
  hub->Stop();
  EXPECT_NE(attachments_.Await(2)[1], "attached");
  until_.Open();
  EXPECT_EQ(Stop(absl::Minutes(5)), 0u);
  EXPECT_EQ(agent_->lost_updates(), 1u);
}

}  // namespace
}  // namespace orch::nodeagent

#include "services/hub/fleet.h"

#include "base/manual_executor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/hub/job_store/memory_job_store.h"
#include "tests/hub/fakes.h"

namespace orch::hub {
namespace {

using ::testing::HasSubstr;

class SilentOutbox final : public NodeOutbox {
 public:
  bool Push(Message) override { return true; }
  void Close() override {}
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
  NodeWatch watch_{&registry_, &clock_};
  Fleet fleet_{&registry_, &ddls_, &dispatcher_, &watch_, &refusals_};
  const std::unique_ptr<auth::Keyring> keyring_ = TestKeyring();
  NodeSession session_{NodePeer("n1"),
                       "127.0.0.1:1",
                       keyring_.get(),
                       std::make_shared<SilentOutbox>(),
                       &fleet_,
                       &clock_,
                       &random_,
                       {absl::Seconds(30), "1.0"}};

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

}  // namespace
}  // namespace orch::hub

// Nodes that flap, agents and hubs that die, messages that are lost, late or repeated, all by a seeded
// hand: whatever happens, each target has one outcome, nothing runs twice, and every watch equals the store.
#include <deque>
#include <map>
#include <random>
#include <set>

#include "gmock/gmock.h"
#include "tests/hub/jobs/dispatcher_fixture.h"

namespace orch::hub {
namespace {

using ::testing::ElementsAreArray;

// A node as the hub may rely on it: it journals what it takes on, runs no id twice, and keeps an outcome
// until it is acknowledged.
class SimNode {
 public:
  enum class State { kAccepted, kRunning, kFinished, kSettled, kLost };
  struct Message {
    std::string job;
    v1::TaskUpdate update;
  };

  void OnCommand(const std::string& job) {
    if (tasks.emplace(job, State::kAccepted).second) ++executions;
  }
  void OnQuery(const std::string& job) {
    const auto found = tasks.find(job);
    if (found == tasks.end()) return Say(job, v1::TaskUpdate::UNKNOWN);
    switch (found->second) {
      case State::kAccepted:
        return Say(job, v1::TaskUpdate::ACCEPTED);
      case State::kRunning:
        return Say(job, v1::TaskUpdate::STARTED);
      case State::kFinished:
        return Say(job, v1::TaskUpdate::FINISHED);
      default:
        return Say(job, v1::TaskUpdate::GONE);
    }
  }
  void OnAck(const std::string& job) {
    const auto found = tasks.find(job);
    ASSERT_TRUE(found != tasks.end());
    ASSERT_TRUE(found->second == State::kFinished || found->second == State::kSettled) << "acknowledged before its end";
    found->second = State::kSettled;
  }
  void OnAttached() {
    for (const auto& [job, state] : tasks) {
      if (state == State::kFinished) Say(job, v1::TaskUpdate::FINISHED);
    }
  }
  // One step of whatever it has to do.
  void Work(std::mt19937* random) {
    for (auto& [job, state] : tasks) {
      if ((*random)() % 2 == 0) continue;
      if (state == State::kAccepted) {
        state = State::kRunning;
        Say(job, v1::TaskUpdate::STARTED);
      } else if (state == State::kRunning) {
        state = State::kFinished;
        Say(job, v1::TaskUpdate::FINISHED);
      }
    }
  }
  void Die() {
    for (auto& [job, state] : tasks) {
      if (state == State::kRunning || state == State::kAccepted) state = State::kLost;
    }
    outbox.clear();
  }

  std::map<std::string, State> tasks;
  std::deque<Message> outbox;
  int executions = 0;

 private:
  void Say(const std::string& job, v1::TaskUpdate::Kind kind) {
    v1::TaskUpdate update;
    update.set_kind(kind);
    if (kind == v1::TaskUpdate::FINISHED) update.mutable_reply()->set_state(v1::OK);
    outbox.push_back({job, update});
  }
};

class ChaosTest : public DispatcherTest {
 protected:
  // What the hub wrote to a stream arrives, up to a point.
  void Deliver(const std::string& name) {
    FakeNode& stream = *nodes_.nodes.at(name);
    size_t* const read = read_[name];
    for (; read[0] < stream.jobs.size(); ++read[0]) sims_[name].OnCommand(stream.jobs[read[0]]);
    for (; read[1] < stream.queries.size(); ++read[1]) sims_[name].OnQuery(stream.queries[read[1]]);
    for (; read[2] < stream.acks.size(); ++read[2]) {
      EXPECT_TRUE(HasOutcome(name)) << name << " was told to forget what is not stored";
      sims_[name].OnAck(stream.acks[read[2]]);
    }
  }
  // As a hub that was killed now would find it.
  bool HasOutcome(const std::string& name) {
    test_store_.page = 1000;
    const auto page = call_.Replies(job_);
    test_store_.page = 3;
    for (const StoredReply& stored : page->replies) {
      if (stored.reply.identity() == name) return true;
    }
    return false;
  }
  void Send(const std::string& name) {
    std::deque<SimNode::Message>& outbox = sims_[name].outbox;
    while (!outbox.empty()) {
      const SimNode::Message message = outbox.front();
      if (chance_() % 4 != 0) outbox.pop_front();  // else it comes once more
      dispatcher_->OnUpdate(name, message.job, message.update);
      executor_.RunUntilIdle();
    }
  }
  void Attach(const std::string& name) {
    std::fill_n(read_[name], 3, 0);
    nodes_.Add(name);
    sims_[name].outbox.clear();
    sims_[name].OnAttached();
    dispatcher_->OnNodeBack(name);
    executor_.RunUntilIdle();
  }
  void Step() {
    const std::string name = names_[chance_() % names_.size()];
    const bool attached = nodes_.nodes.contains(name);
    switch (chance_() % 12) {
      case 0:
        if (attached) Leave(name);  // what was on the way is lost
        break;
      case 1:
        if (chance_() % 4 == 0) sims_[name].Die();
        break;
      case 2:
        if (chance_() % 4 == 0) {
          ++restarts_;
          Restart();
          watches_.push_back(Watch(job_));
        }
        break;
      case 3:
        executor_.Advance(absl::Milliseconds(chance_() % 2000));
        break;
      case 4:
        test_store_.Commit();
        executor_.RunUntilIdle();
        break;
      default:
        if (!attached) return Attach(name);
        Deliver(name);
        sims_[name].Work(&chance_);
        Send(name);
    }
  }

  std::mt19937 chance_;
  std::vector<std::string> names_;
  std::map<std::string, SimNode> sims_;
  std::map<std::string, size_t[3]> read_;
  std::string job_;
  int restarts_ = 0;
  std::vector<std::shared_ptr<FakeSink<v1::InvokeResponse>>> watches_;
};

TEST_F(ChaosTest, EachTargetHasOneOutcomeAndNothingRunsTwice) {
  test_store_.durable = true;
  test_store_.lags = true;
  std::map<v1::TaskState, int> outcomes;
  for (uint32_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE(seed);
    chance_.seed(seed);
    names_ = Names(1 + static_cast<int>(chance_() % 12));
    sims_.clear();
    watches_.clear();
    nodes_.nodes.clear();
    for (const std::string& name : names_) {
      if (chance_() % 4 != 0) Attach(name);
    }
    client_ = std::make_shared<FakeSink<v1::InvokeResponse>>();
    Dispatcher::Request request = RecordedFor(names_);
    request.deadline = absl::Seconds(20 + chance_() % 600);
    request.spec.set_concurrency(chance_() % 4);
    request.spec.set_queue_offline(chance_() % 2 == 0);
    request.spec.set_ttl_ms(request.spec.queue_offline() ? 600'000 : 0);
    ASSERT_TRUE(dispatcher_->Start(std::move(request), client_).ok());
    test_store_.Commit();
    executor_.RunUntilIdle();
    job_ = client_->responses.at(0).accepted().job_id();
    for (int step = 0; step < 150 && dispatcher_->running() > 0; ++step) Step();
    for (int round = 0; round < 2000 && dispatcher_->running() > 0; ++round) {
      test_store_.Commit();
      executor_.Advance(absl::Seconds(1));
      for (const std::string& name : names_) {
        if (!nodes_.nodes.contains(name)) Attach(name);
        Deliver(name);
        sims_[name].Work(&chance_);
        Send(name);
      }
    }
    ASSERT_EQ(dispatcher_->running(), 0u) << "the job never ends";
    ASSERT_EQ(dispatcher_->queued_tasks(), 0u);
    test_store_.page = 1000;
    const auto page = call_.Replies(job_);
    std::vector<std::string> order;
    for (const StoredReply& stored : page->replies) {
      const std::string& name = stored.reply.identity();
      order.push_back(name);
      ++outcomes[stored.reply.state()];
      const int executions = sims_[name].executions;
      ASSERT_LE(executions, 1) << name;
      if (stored.reply.state() == v1::OK) {
        ASSERT_EQ(executions, 1) << name;
      }
      if (stored.reply.state() == v1::OFFLINE || stored.reply.state() == v1::EXPIRED) {
        ASSERT_EQ(executions, 0) << name;
      }
    }
    ASSERT_EQ(order.size(), names_.size());
    ASSERT_EQ(std::set<std::string>(order.begin(), order.end()).size(), names_.size());
    ASSERT_EQ(call_.Get(job_)->summary->targets(), names_.size());
    test_store_.page = 3;
    watches_.push_back(Watch(job_));
    for (const auto& watch : watches_) {
      if (watch->ended && watch->end.ok()) {
        ASSERT_THAT(Identities(*watch), ElementsAreArray(order));
      }
    }
    ASSERT_TRUE(watches_.back()->end.ok());
  }
  // The hand was heavy enough to mean something.
  EXPECT_GT(restarts_, 500);
  EXPECT_GT(outcomes[v1::OK], 3000);
  EXPECT_GT(outcomes[v1::INDETERMINATE], 300);
}

}  // namespace
}  // namespace orch::hub

// A plugin made of a function, and a place where updates arrive.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "services/nodeagent/state/agent_state.h"
#include "services/nodeagent/state/node_snapshot.h"
#include "services/nodeagent/tasks/task_runner.h"

namespace orch::nodeagent {

// Actions: read (input text: optional string, at most 10 characters; needed: required integer for
// action "strict"), change, strict, sized (DDL timeout 7 s), talk (streams).
class FakePlugin final : public actions::Plugin {
 public:
  using Body = std::function<actions::Reply(const actions::Request&, const actions::Context&)>;
  explicit FakePlugin(Body body, int max_concurrency = 0, const std::string& name = "fake");

  const std::shared_ptr<const ddl::Plugin>& ddl() const override { return ddl_; }
  int MaxConcurrency(absl::string_view) const override { return max_concurrency_; }
  std::string ConcurrencySlot(absl::string_view action) const override {
    return one_slot ? "all" : std::string(action);
  }
  bool IsInstant(absl::string_view) const override { return instant; }
  actions::Reply Run(const actions::Request& request, const actions::Context& context) override {
    return body_(request, context);
  }

  // Of all its actions; set before it runs.
  bool one_slot = false;
  bool instant = false;

 private:
  const Body body_;
  const int max_concurrency_;
  std::shared_ptr<const ddl::Plugin> ddl_;
};

// The node "node1.example.com" in collectives mcollective and eu, with the plugin.
std::shared_ptr<NodeSnapshot> MakeSnapshot(std::shared_ptr<actions::Plugin> plugin);
AgentState::Moment MakeMoment(std::shared_ptr<actions::Plugin> plugin);

// Opens once; waits for it. For bodies that must not return before the test says so.
class Latch {
 public:
  void Open() {
    MutexLock lock(&mu_);
    open_ = true;
    signal_.SignalAll();
  }
  void Wait() {
    MutexLock lock(&mu_);
    while (!open_) signal_.Wait(&mu_);
  }

 private:
  Mutex mu_;
  CondVar signal_;
  bool open_ ABSL_GUARDED_BY(mu_) = false;
};

// Items put in by any thread, taken by the test.
template <typename Item>
class Inbox {
 public:
  void Put(Item item) {
    MutexLock lock(&mu_);
    items_.push_back(std::move(item));
    signal_.SignalAll();
  }
  // Waits until `count` items are there; returns all.
  std::vector<Item> Await(size_t count) {
    MutexLock lock(&mu_);
    while (items_.size() < count) signal_.Wait(&mu_);
    return items_;
  }
  std::vector<Item> All() const {
    MutexLock lock(&mu_);
    return items_;
  }

 private:
  mutable Mutex mu_;
  CondVar signal_;
  std::vector<Item> items_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::nodeagent

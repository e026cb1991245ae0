// The durable fleet on this machine's disk: what writing all of it costs, what a mass detach does, and how
// long a hub that starts needs to know it again. NODES DIR as arguments; 20,000 nodes of 60 facts in /tmp.
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/log.h"
#include "base/loop_executor.h"
#include "base/mutex.h"
#include "base/random.h"
#include "services/hub/fleet/fleet_recorder.h"
#include "services/hub/job_store/sqlite_job_store.h"
#include "tests/hub/fakes.h"

namespace orch::hub {
namespace {

constexpr int kFacts = 60;

// Facts as a node has them: some the same everywhere, some of a few values, some its own.
v1::Node NodeOf(int number) {
  v1::Node node;
  node.set_identity(absl::StrCat("node", number, ".example.net"));
  Json facts = Json::object();
  for (int i = 0; i < kFacts; ++i) {
    const std::string name = absl::StrCat("fact_with_a_name_", i);
    if (i % 3 == 0) {
      facts[name] = "the same on every node";
    } else if (i % 3 == 1) {
      facts[name] = number % 17;
    } else {
      facts[name] = absl::StrCat("10.", number / 250, ".", number % 250, ".", i);
    }
  }
  node.set_facts_json(facts.dump());
  for (const char* name : {"mcollective", "eu"}) node.add_collectives(name);
  for (int i = 0; i < 20; ++i) node.add_classes(absl::StrCat("profile::class_", i));
  for (int i = 0; i < 12; ++i) {
    v1::PluginRef* plugin = node.add_plugins();
    plugin->set_name(absl::StrCat("plugin", i));
    plugin->set_version("1.0");
    plugin->set_ddl_sha256(std::string(32, static_cast<char>('a' + i)));
  }
  return node;
}

// What a busy machine does not change: the time the work itself took.
absl::Duration CpuTime(clockid_t clock) {
  timespec time;
  return clock_gettime(clock, &time) == 0 ? absl::DurationFromTimespec(time) : absl::ZeroDuration();
}

struct Fleet {
  Fleet(const Clock* clock, Executor* loop, SqliteJobStore* jobs)
      : store(jobs->MakeNodeStore()),
        registry(clock, {.max_nodes = 1'000'000}),
        ddls(clock, loop),
        recorder(store.get(), &registry, &ddls, clock, loop) {}
  const std::unique_ptr<NodeStore> store;
  Registry registry;
  DdlCache ddls;
  FleetRecorder recorder;
};

class Bench {
 public:
  Bench(std::string file, int nodes) : file_(std::move(file)), nodes_(nodes) {}

  int Run() {
    if (!Open()) return 1;
    FakeNode stream;
    std::vector<std::string> names;
    OnLoop([&] {
      const absl::Duration begin = clock_.Steady();
      for (int i = 0; i < nodes_; ++i) {
        const v1::Node node = NodeOf(i);
        if (!fleet_->registry.Attach(node, &stream, "ipv4:10.0.0.1:1", "k1").ok()) abort();
        fleet_->recorder.OnAttached(node.identity());
        names.push_back(node.identity());
      }
      Tell("attached, without a disk", clock_.Steady() - begin);
    });
    AwaitWritten("written, all of it");
    OnLoop([&] {
      for (const std::string& name : names) {
        fleet_->registry.Detach(name, &stream, "the connection to the node was lost");
        fleet_->recorder.OnPresence(name);
      }
    });
    AwaitWritten("a mass detach written");
    Close();
    std::printf("%-32s %8.1f MiB\n", "file", static_cast<double>(std::filesystem::file_size(file_)) / (1 << 20));
    const absl::Duration begin = clock_.Steady();
    if (!Open()) return 1;
    Tell("opened (with its check)", clock_.Steady() - begin);
    OnLoop([&] {
      const absl::Duration loading = clock_.Steady(), own = CpuTime(CLOCK_THREAD_CPUTIME_ID);
      const absl::Duration all = CpuTime(CLOCK_PROCESS_CPUTIME_ID);
      if (!fleet_->recorder.Load().ok()) abort();
      Tell("loaded into the registry", clock_.Steady() - loading);
      Tell("  of that the loop worked", CpuTime(CLOCK_THREAD_CPUTIME_ID) - own);
      Tell("  and all threads together", CpuTime(CLOCK_PROCESS_CPUTIME_ID) - all);
    });
    const bool whole = static_cast<int>(fleet_->registry.counts().disconnected) == nodes_;
    Close();
    return whole ? 0 : 1;
  }

 private:
  void Tell(const char* what, absl::Duration took) {
    std::printf("%-32s %8.1f ms  %6.1f us a node\n", what, absl::ToDoubleMilliseconds(took),
                absl::ToDoubleMicroseconds(took) / nodes_);
  }
  bool Open() {
    auto jobs = SqliteJobStore::Open(&clock_, &random_, &loop_, {file_});
    if (!jobs.ok()) std::fprintf(stderr, "%s\n", std::string(jobs.status().message()).c_str());
    if (!jobs.ok()) return false;
    jobs_ = *std::move(jobs);
    fleet_ = std::make_unique<Fleet>(&clock_, &loop_, jobs_.get());
    return true;
  }
  void Close() {
    OnLoop([this] { fleet_.reset(); });
    jobs_.reset();
  }
  void OnLoop(const std::function<void()>& work) {
    Mutex mu;
    CondVar ended;
    bool over = false;
    loop_.Post([&] {
      work();
      MutexLock lock(&mu);
      over = true;
      ended.Signal();
    });
    MutexLock lock(&mu);
    while (!over) ended.Wait(&mu);
  }
  // The recorder has nothing left, and the store nothing in flight: asked through the same queue.
  void AwaitWritten(const char* what) {
    const absl::Duration begin = clock_.Steady();
    for (bool over = false; !over;) {
      Mutex mu;
      CondVar written;
      bool done = false;
      OnLoop([&] {
        over = fleet_->recorder.unwritten() == 0;
        FleetChange marker;
        marker.alive_us = 1;
        fleet_->store->Apply(std::move(marker), [&](const absl::Status&) {
          MutexLock lock(&mu);
          done = true;
          written.Signal();
        });
      });
      MutexLock lock(&mu);
      while (!done) written.Wait(&mu);
    }
    Tell(what, clock_.Steady() - begin);
  }

  const std::string file_;
  const int nodes_;
  SystemClock clock_;
  SystemRandom random_;
  LoopExecutor loop_{&clock_, "bench-loop"};
  std::unique_ptr<SqliteJobStore> jobs_;
  std::unique_ptr<Fleet> fleet_;
};

}  // namespace
}  // namespace orch::hub

int main(int argc, char** argv) {
  const int nodes = argc > 1 ? std::atoi(argv[1]) : 20'000;
  std::string dir = std::string(argc > 2 ? argv[2] : "/tmp") + "/fleet-bench-XXXXXX";
  if (nodes <= 0 || mkdtemp(dir.data()) == nullptr) return 1;
  const int code = orch::hub::Bench(dir + "/jobs.db", nodes).Run();
  std::filesystem::remove_all(dir);
  return code;
}

// The durable job store on this machine's disk: replies a second when many come at once, how long one
// alone takes to be on disk, and what many finished jobs cost in memory. --dir DIR for another disk.
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "services/hub/job_store/sqlite_job_store.h"
#include "tests/hub/job_store/store_calls.h"

namespace orch::hub {
namespace {

constexpr uint32_t kReplies = 200'000;
constexpr int kLone = 200;
constexpr int kJobs = 1000;
constexpr uint32_t kTargets = 1000;

std::string Id(int number) {
  char text[40];
  std::snprintf(text, sizeof text, "%032x", number);
  return text;
}

StoredJob JobOf(int number, uint32_t targets) {
  StoredJob job;
  job.job_id = Id(number);
  job.caller = "client=peadmin";
  job.spec.set_plugin("package");
  job.spec.set_action("checkupdates");
  job.targets = targets;
  return job;
}

v1::Reply ReplyOf(uint32_t node) {
  v1::Reply reply;
  reply.set_identity("node" + std::to_string(node) + ".example.net");
  reply.set_state(v1::OK);
  reply.set_status_message("OK");
  reply.set_data_json("{\"outdated_packages\":[],\"exitcode\":0,\"output\":\"" + std::string(150, 'x') + "\"}");
  return reply;
}

double ResidentMiB() {
  std::ifstream statm("/proc/self/statm");
  double size = 0, resident = 0;
  statm >> size >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

struct Bench {
  SystemClock clock;
  SystemRandom random;
  WaitingExecutor executor;
  std::unique_ptr<SqliteJobStore> store;

  void FillJob(int number, uint32_t targets) {
    StoreCalls call(store.get(), &executor);
    if (!call.Create(JobOf(number, targets), std::vector<std::string>(targets, "node.example.net")).ok()) abort();
    uint32_t stored = 0, failed = 0;
    for (uint32_t i = 0; i < targets; ++i) {
      store->AppendReply(Id(number), i, ReplyOf(i), [&](const absl::StatusOr<uint64_t>& got) {
        ++stored;
        if (!got.ok()) ++failed;
      });
      // As the loop would between a node's messages.
      if (i % 1000 == 999 && i - stored > 50'000) executor.RunOne();
    }
    while (stored < targets) executor.RunOne();
    if (failed > 0) std::printf("%u replies were refused\n", failed);
    if (!call.Finish(Id(number)).ok()) abort();
  }
};

int Run(const std::string& dir) {
  Bench bench;
  auto store = SqliteJobStore::Open(&bench.clock, &bench.random, &bench.executor, {dir + "/jobs.db", 2000});
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", std::string(store.status().message()).c_str());
    return 1;
  }
  bench.store = *std::move(store);

  absl::Duration begin = bench.clock.Steady();
  bench.FillJob(1, kReplies);
  const double seconds = absl::ToDoubleSeconds(bench.clock.Steady() - begin);
  std::printf("replies_per_second %.0f\n", kReplies / seconds);

  StoreCalls call(bench.store.get(), &bench.executor);
  if (!call.Create(JobOf(2, kLone), std::vector<std::string>(kLone, "n")).ok()) abort();
  std::vector<double> took;
  for (uint32_t i = 0; i < kLone; ++i) {
    begin = bench.clock.Steady();
    if (!call.AppendReply(Id(2), i, ReplyOf(i)).ok()) abort();
    took.push_back(absl::ToDoubleMilliseconds(bench.clock.Steady() - begin));
  }
  std::sort(took.begin(), took.end());
  std::printf("lone_reply_ms median %.2f p90 %.2f p99 %.2f\n", took[kLone / 2], took[kLone * 9 / 10],
              took[kLone * 99 / 100]);

  const double before = ResidentMiB();
  for (int i = 0; i < kJobs; ++i) bench.FillJob(10 + i, kTargets);
  std::printf("resident_mib %.1f, before %.1f; %d jobs of %u targets are %.0f MiB on disk\n", ResidentMiB(), before,
              kJobs, kTargets, static_cast<double>(bench.store->Stats().bytes) / (1 << 20));
  begin = bench.clock.Steady();
  if (!call.List({}, 0, 100).ok()) abort();
  std::printf("list_100_jobs_ms %.2f\n", absl::ToDoubleMilliseconds(bench.clock.Steady() - begin));
  bench.store.reset();
  begin = bench.clock.Steady();
  store = SqliteJobStore::Open(&bench.clock, &bench.random, &bench.executor, {dir + "/jobs.db", 2000});
  std::printf("open_and_check_ms %.0f\n", absl::ToDoubleMilliseconds(bench.clock.Steady() - begin));
  return store.ok() ? 0 : 1;
}

}  // namespace
}  // namespace orch::hub

int main(int argc, char** argv) {
  std::string parent = std::filesystem::temp_directory_path();
  if (argc == 3 && std::strcmp(argv[1], "--dir") == 0) parent = argv[2];
  std::string dir = parent + "/orch-store-bench-XXXXXX";
  if (mkdtemp(dir.data()) == nullptr) {
    std::perror(dir.c_str());
    return 1;
  }
  const int result = orch::hub::Run(dir);
  std::filesystem::remove_all(dir);
  return result;
}

// Durable replies through the real hub: nodes of this process attach to an orch-hub over gRPC and
// answer each command at once; clients of this process run recorded jobs over all of them. Prints how
// many outcomes a second come back acknowledged, what of the hub's processor time one takes, how much
// later a recorded outcome reaches the client, and the hub's memory after many finished jobs. Then the
// hub is killed, and the store must hold every reply that was acknowledged.
#include <unistd.h>

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "base/daemon/service.h"
#include "base/option_table.h"
#include "services/hub/job_store/sqlite_job_store.h"
#include "tests/bench/bench_hub.h"
#include "tests/bench/swarm.h"
#include "tests/hub/job_store/store_calls.h"

namespace orch {
namespace {

struct Settings {
  BenchHub::Options hub;
  Swarm::Options swarm;
  uint32_t jobs = 100;       // for replies a second
  uint32_t lone = 300;       // for latency
  uint32_t finished = 1000;  // for memory
};

double Percentile(std::vector<double>* values, double share) {
  std::sort(values->begin(), values->end());
  return (*values)[std::min(values->size() - 1, static_cast<size_t>(share * static_cast<double>(values->size())))];
}

bool MeasureRate(const Settings& settings, const BenchHub& hub, bool recorded, Swarm* swarm) {
  SystemClock clock;
  if (!swarm->RunJobs(settings.swarm.at_once, recorded)) return false;  // the first ones warm up
  const double spent_before = hub.ProcessorSeconds();
  const absl::Duration begin = clock.Steady();
  if (!swarm->RunJobs(settings.jobs, recorded)) return false;
  const double replies = static_cast<double>(settings.jobs) * settings.swarm.nodes;
  const double seconds = absl::ToDoubleSeconds(clock.Steady() - begin);
  const double us = (hub.ProcessorSeconds() - spent_before) * 1e6 / replies;
  std::printf("%s replies_per_second %.0f hub_us_per_reply %.1f\n", recorded ? "recorded" : "unrecorded",
              replies / seconds, us);
  return true;
}

bool MeasureLatency(const Settings& settings, Swarm* swarm) {
  std::vector<double> reply[2], whole[2];
  for (uint32_t i = 0; i < settings.lone; ++i) {
    for (const bool recorded : {false, true}) {
      const Swarm::Lone lone = swarm->RunLone(recorded);
      if (lone.reply == 0) return false;
      reply[recorded].push_back(lone.reply);
      whole[recorded].push_back(lone.whole);
    }
  }
  for (const bool recorded : {false, true}) {
    std::vector<double>*const to_reply = &reply[recorded], *const to_end = &whole[recorded];
    std::printf("%s ms_to_reply median %.2f p90 %.2f p99 %.2f ms_to_end median %.2f p99 %.2f\n",
                recorded ? "recorded" : "unrecorded", Percentile(to_reply, 0.5), Percentile(to_reply, 0.9),
                Percentile(to_reply, 0.99), Percentile(to_end, 0.5), Percentile(to_end, 0.99));
  }
  std::printf("added ms_to_reply median %.2f p99 %.2f\n", Percentile(&reply[1], 0.5) - Percentile(&reply[0], 0.5),
              Percentile(&reply[1], 0.99) - Percentile(&reply[0], 0.99));
  return true;
}

bool MeasureMemory(const Settings& settings, const BenchHub& hub, Swarm* swarm) {
  const double before = hub.ResidentMiB();
  if (!swarm->RunJobs(settings.finished, true)) return false;
  std::printf("hub_resident_mib %.1f, before %.1f: %u more finished jobs of %u targets, %u nodes attached\n",
              hub.ResidentMiB(), before, settings.finished, settings.swarm.nodes, settings.swarm.nodes);
  return true;
}

// Reads what the killed hub left; every acknowledged reply must be there.
bool CheckStore(const std::string& path, uint64_t acknowledged) {
  SystemClock clock;
  SystemRandom random;
  hub::WaitingExecutor executor;
  auto store = hub::SqliteJobStore::Open(&clock, &random, &executor, {path, 1'000'000});
  if (!store.ok()) {
    std::fprintf(stderr, "%s\n", std::string(store.status().message()).c_str());
    return false;
  }
  hub::StoreCalls call(store->get(), &executor);
  uint64_t replies = 0, jobs = 0, next = 0;
  do {
    const absl::StatusOr<hub::JobPage> page = call.List({}, next, 1000);
    if (!page.ok()) return false;
    for (const hub::StoredJob& job : page->jobs) replies += job.ok;
    jobs += page->jobs.size();
    next = page->next;
  } while (next != 0);
  std::printf("after kill -9: %" PRIu64 " replies of %" PRIu64 " jobs in the store, %" PRIu64 " were acknowledged\n",
              replies, jobs, acknowledged);
  return replies >= acknowledged;
}

int Run(const Settings& settings) {
  SystemClock clock;
  SystemRandom random;
  auto hub = BenchHub::Start(settings.hub, &clock, &random);
  if (!hub.ok()) {
    std::fprintf(stderr, "%s\n", std::string(hub.status().message()).c_str());
    return 1;
  }
  Swarm swarm(settings.swarm, hub->get());
  std::printf("%u nodes, %u jobs, %u at a time; hub, nodes and clients on %ld cores\n", settings.swarm.nodes,
              settings.jobs, settings.swarm.at_once, sysconf(_SC_NPROCESSORS_ONLN));
  bool good = swarm.Attach() && MeasureRate(settings, **hub, false, &swarm) &&
              MeasureRate(settings, **hub, true, &swarm) && MeasureLatency(settings, &swarm) &&
              MeasureMemory(settings, **hub, &swarm);
  const uint64_t acknowledged = swarm.acks();
  (*hub)->Kill();
  good = CheckStore((*hub)->store(), acknowledged) && good;
  return good ? 0 : 1;
}

}  // namespace
}  // namespace orch

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  orch::RaiseFileLimit();
  orch::Settings settings;
  settings.hub.program = (std::filesystem::canonical("/proc/self/exe").parent_path() / "../bin/orch-hub").string();
  std::string parent = std::filesystem::temp_directory_path();
  bool tls = false;
  bool help = false;
  const std::string group = "Options";
  orch::OptionTable table;
  table.Text({"--hub"}, "FILE", "the program orch-hub", group, &settings.hub.program);
  table.Text({"--dir"}, "FOLDER", "where the hub's store is", group, &parent);
  table.Number({"--nodes"}, "COUNT", "nodes attached", group, &settings.swarm.nodes);
  table.Number({"--jobs"}, "COUNT", "jobs for replies a second", group, &settings.jobs);
  table.Number({"--at-once"}, "COUNT", "concurrent jobs of these", group, &settings.swarm.at_once);
  table.Number({"--lone"}, "COUNT", "jobs on one node, for latency", group, &settings.lone);
  table.Number({"--finished"}, "COUNT", "jobs for memory", group, &settings.finished);
  table.Flag({"--tls"}, "with TLS, as a fleet has it", group, &tls);
  table.Flag({"-h", "--help"}, "display this screen", group, &help);
  const auto rest = table.Parse({argv + 1, argv + argc});
  if (!rest.ok() || !rest->empty() || help) {
    const std::string problem = !rest.ok() ? std::string(rest.status().message()) : help ? "" : "unexpected word";
    std::fprintf(help ? stdout : stderr, "%s\nDurable replies through a real hub, measured\n\n%s", problem.c_str(),
                 table.Help().c_str());
    return help ? 0 : 1;
  }
  settings.hub.plaintext = settings.swarm.plaintext = !tls;
  settings.hub.directory = parent + "/orch-hub-bench-XXXXXX";
  if (mkdtemp(settings.hub.directory.data()) == nullptr) {
    std::perror(settings.hub.directory.c_str());
    return 1;
  }
  const int result = orch::Run(settings);
  std::filesystem::remove_all(settings.hub.directory);
  return result;
}

// What one node costs a running hub: N nodes in this process attach, then a client pings all of them, and the hub's
// processor time and memory (/proc) are read before and after each.
//
//   ping_swarm HUB_ADDRESS CREDENTIALS HUB_PID NODES ROUNDS [plaintext]
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "base/durable_file.h"
#include "tests/cluster/cluster.h"
#include "tests/hub/sample_ddl.h"

namespace {

// User and system time of a process in seconds.
double ProcessorSeconds(const std::string& pid) {
  const std::string stat = orch::ReadFile("/proc/" + pid + "/stat", 65'536).value();
  const std::vector<std::string> fields = absl::StrSplit(stat.substr(stat.rfind(')') + 2), ' ');
  double user = 0, system = 0;
  if (!absl::SimpleAtod(fields[11], &user) || !absl::SimpleAtod(fields[12], &system)) return 0;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double ResidentBytes(const std::string& pid) {
  const std::vector<std::string> pages = absl::StrSplit(orch::ReadFile("/proc/" + pid + "/statm", 65'536).value(), ' ');
  double resident = 0;
  return absl::SimpleAtod(pages[1], &resident) ? resident * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  int nodes = 0, rounds = 0;
  if (argc < 6 || !absl::SimpleAtoi(argv[4], &nodes) || !absl::SimpleAtoi(argv[5], &rounds) || nodes < 1 ||
      rounds < 1) {
    std::fprintf(stderr, "usage: ping_swarm HUB_ADDRESS CREDENTIALS HUB_PID NODES ROUNDS [plaintext]\n");
    return 1;
  }
  const std::string hub = argv[1], credentials = argv[2], pid = argv[3];
  const bool plaintext = argc > 6;
  orch::SystemClock clock;
  orch::SystemRandom random;
  std::vector<std::unique_ptr<orch::FakeAgent>> agents;
  const double idle = ProcessorSeconds(pid), empty = ResidentBytes(pid);
  const absl::Duration begin_attach = clock.Steady();
  for (int i = 0; i < nodes; ++i) {
    orch::FakeAgent::Options options;
    options.hub = hub;
    options.identity = absl::StrCat("node", i, ".example.com");
    options.key = orch::auth::LoadPeerKey(credentials, orch::auth::PeerKind::kNode, options.identity)->key;
    options.plaintext = plaintext;
    options.facts_json = absl::StrCat("{\"os\":\"Debian\",\"number\":", i, "}");
    options.ddls = {orch::hub::SampleDdl("rpcutil", "1.0")};
    agents.push_back(std::make_unique<orch::FakeAgent>(options, &clock, &random));
    if (i % 100 == 99) agents.back()->WaitRegistered();
  }
  for (const auto& agent : agents) {
    if (!agent->WaitRegistered()) {
      std::fprintf(stderr, "a node was refused: %s\n", agent->WaitEnded().error_message().c_str());
      return 1;
    }
  }
  std::printf("%d nodes attached in %.2f s: %.1f us of hub processor time and %.1f KiB of memory a node\n", nodes,
              absl::ToDoubleSeconds(clock.Steady() - begin_attach), (ProcessorSeconds(pid) - idle) * 1e6 / nodes,
              (ResidentBytes(pid) - empty) / 1024 / nodes);
  orch::auth::PeerTlsOptions tls;
  tls.plaintext = plaintext;
  auto connection =
      orch::ConnectTo(hub, tls,
                      {orch::auth::PeerKind::kClient, "bench",
                       orch::auth::LoadPeerKey(credentials, orch::auth::PeerKind::kClient, "bench").value()},
                      &clock, &random);
  if (!connection.ok()) return 1;
  orch::TestClient client(*std::move(connection));
  if (!client.Invoke(orch::PingSpec()).status.ok()) return 1;
  std::vector<double> walls;
  const double before = ProcessorSeconds(pid);
  for (int round = 0; round < rounds; ++round) {
    const absl::Duration begin = clock.Steady();
    const orch::TestClient::Job job = client.Invoke(orch::PingSpec());
    walls.push_back(absl::ToDoubleMilliseconds(clock.Steady() - begin));
    if (job.summary.ok() != static_cast<uint32_t>(nodes)) std::fprintf(stderr, "only %u answered\n", job.summary.ok());
  }
  const double spent = ProcessorSeconds(pid) - before;
  std::sort(walls.begin(), walls.end());
  std::printf("%d nodes, %d pings: %.1f us of hub processor time a node; wall median %.1f ms, least %.1f ms\n", nodes,
              rounds, spent * 1e6 / nodes / rounds, walls[walls.size() / 2], walls.front());
  return 0;
}

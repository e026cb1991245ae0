// Nodes that answer every command at once, and a client that runs jobs over them: all in this process,
// each node with a connection of its own, against a hub in another.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "orch/v1/job.pb.h"
#include "tests/bench/bench_hub.h"
#include "tests/cluster/cluster.h"
#include "tests/cluster/fake_agent.h"

namespace orch {

class Swarm {
 public:
  struct Options {
    uint32_t nodes = 1000;
    uint32_t at_once = 4;  // jobs
    bool plaintext = true;
  };
  // `hub` outlives it.
  Swarm(Options options, const BenchHub* hub) : options_(options), hub_(hub) {}

  // Every node, and the client; false when one was refused (it is said on standard error).
  bool Attach();
  // So many jobs over all nodes, `at_once` at a time; false when one did not end well. Recorded ones are
  // over when every outcome was acknowledged.
  bool RunJobs(uint32_t jobs, bool recorded);
  // One job on one node, in ms: until its reply is there, and until the call has ended.
  struct Lone {
    double reply = 0, whole = 0;
  };
  Lone RunLone(bool recorded);
  uint64_t acks() const { return acks_; }

 private:
  std::unique_ptr<TestClient> Connect();
  bool WaitAcks(uint64_t count) const;
  v1::JobSpec Spec(bool recorded) const;

  const Options options_;
  const BenchHub* const hub_;
  SystemClock clock_;
  SystemRandom random_;
  std::atomic<uint64_t> acks_{0};
  std::unique_ptr<TestClient> client_;
  std::vector<std::unique_ptr<FakeAgent>> agents_;
};

}  // namespace orch

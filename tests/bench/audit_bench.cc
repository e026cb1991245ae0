// The cost of one record of the audit log: composing, hashing, appending. The disk is not waited for.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "auth/audit/audit_chain.h"
#include "auth/audit/audit_log.h"
#include "base/clock.h"

namespace orch::auth {
namespace {

class BenchLog {
 public:
  BenchLog() { log_ = *AuditLog::Create({.path = folder_ + "/audit.jsonl", .max_size = uint64_t{1} << 30}, &clock_); }
  ~BenchLog() {
    log_.reset();
    std::filesystem::remove_all(folder_);
  }
  AuditLog* get() { return log_.get(); }
  std::string path() const { return log_->path(); }

 private:
  static std::string MakeFolder() {
    std::string folder = "/tmp/orch-audit-bench-XXXXXX";
    if (mkdtemp(folder.data()) == nullptr) std::abort();
    return folder;
  }

  const SystemClock clock_;
  const std::string folder_ = MakeFolder();
  std::unique_ptr<AuditLog> log_;
};

AuditRecord RecordOf(int64_t targets) {
  AuditRecord record = {"job.invoke", "allowed", "client=alice", "", {{"job", "0123456789abcdef0123456789abcdef"}}};
  record.details["plugin"] = "package";
  record.details["action"] = "update";
  record.details["rule"] = "/etc/orch/access.yaml:12";
  for (int64_t i = 0; i < targets; ++i)
    record.details["targets"].push_back("node" + std::to_string(i) + ".example.com");
  return record;
}

// By number of targets in the record.
void BM_Write(benchmark::State& state) {
  BenchLog log;
  const AuditRecord record = RecordOf(state.range(0));
  for (auto _ : state) {
    if (!log.get()->Write(record).ok()) state.SkipWithError("the record was not written");
  }
}
BENCHMARK(BM_Write)->Arg(0)->Arg(10)->Arg(1000);

// Per record of a log of 10,000.
void BM_Verify(benchmark::State& state) {
  BenchLog log;
  const AuditRecord record = RecordOf(10);
  for (int i = 0; i < 10'000; ++i) log.get()->Write(record).IgnoreError();
  for (auto _ : state) {
    AuditChain chain;
    if (!chain.ReadLog(log.path(), /*live=*/true).ok() || !chain.intact()) state.SkipWithError("not intact");
  }
  state.SetItemsProcessed(state.iterations() * 10'000);
}
BENCHMARK(BM_Verify);

}  // namespace
}  // namespace orch::auth

BENCHMARK_MAIN();

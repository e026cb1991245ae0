// The real orch-hub program with a folder of its own, for benches: started, measured from outside by
// the kernel's figures, and killed as a crash would.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/process/worker_process.h"
#include "base/random.h"

namespace orch {

class BenchHub {
 public:
  struct Options {
    std::string program;    // path of orch-hub
    std::string directory;  // made by the caller, and removed by it
    bool plaintext = true;
    size_t retain_jobs = 5000;
  };
  // Returns once it serves.
  static absl::StatusOr<std::unique_ptr<BenchHub>> Start(const Options& options, const Clock* clock, Random* random);

  const std::string& address() const { return address_; }
  std::string credentials() const { return directory_ + "/credentials"; }
  std::string store() const { return directory_ + "/jobs.db"; }

  // User and system time it has used.
  double ProcessorSeconds() const;
  double ResidentMiB() const;
  // As kill -9; what it had not committed is lost.
  void Kill() { process_ = nullptr; }

 private:
  explicit BenchHub(std::string directory) : directory_(std::move(directory)) {}

  const std::string directory_;
  std::string address_;
  std::unique_ptr<WorkerProcess> process_;
};

}  // namespace orch

// The threads of the WorkPool. Bounded in threads and in pieces of work, both in all and for each caller, and fair:
// callers take turns, so that a caller with many heavy pieces does not hold up the light piece of another. Owned by
// the hub. Thread-safe; its one lock is a leaf, and no part runs under it.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "services/hub/nodes/work_pool.h"

namespace orch::hub {

class FairWorkPool final : public WorkPool {
 public:
  static constexpr size_t kThreads = 4;
  static constexpr size_t kThreadsPerCaller = 2;
  static constexpr size_t kMaxPlaces = 1024;
  static constexpr size_t kMaxPlacesPerCaller = 64;

  FairWorkPool();
  ~FairWorkPool() override;

  absl::StatusOr<Place> Enter(absl::string_view caller) override;
  void Run(Place place, Closure part) override;

  // Waits for the parts that run and destroys those that are queued. Idempotent.
  void Stop();

 private:
  struct Caller {
    size_t places = 0;
    size_t running = 0;
    std::deque<Closure> queue;
  };
  // Shared with the places, which may outlive the pool.
  struct State {
    Mutex mu;
    CondVar wake;
    std::map<std::string, Caller, std::less<>> callers ABSL_GUARDED_BY(mu);
    std::deque<std::string> turns ABSL_GUARDED_BY(mu);  // callers that have work and may run more
    size_t places ABSL_GUARDED_BY(mu) = 0;
    bool stopping ABSL_GUARDED_BY(mu) = false;

    void GiveTurnLocked(const std::string& name, const Caller& caller) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
    void DropIfIdleLocked(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  };

  void Work();
  // Waits for the next part and says whose it is; empty once the pool stops.
  Closure Take(std::string* caller);
  void Finished(const std::string& caller);

  const std::shared_ptr<State> state_;
  std::vector<std::thread> threads_;
};

}  // namespace orch::hub

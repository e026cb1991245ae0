// Threads for work that may take long, so that the hub's loop never does it: filters over the fleet's
// facts, reports, checks of large inputs. Bounded in threads and in pieces of work, in all and for each
// caller, and fair: callers take turns, so one with many heavy pieces holds up nobody else's light one.
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

namespace orch::hub {

class WorkPool {
 public:
  // One piece of work, which may come in several parts. Its place is free again with the last copy.
  using Place = std::shared_ptr<const std::string>;  // the caller

  virtual ~WorkPool() = default;
  // ResourceExhausted at a bound; then nothing of the work may begin. Thread-safe.
  virtual absl::StatusOr<Place> Enter(absl::string_view caller) = 0;
  // Runs `part` on some thread, with what the caller has queued before it. Thread-safe; never blocks.
  // After Stop the part is destroyed unrun.
  virtual void Run(Place place, Closure part) = 0;
};

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

  // What runs is waited for, what is queued is destroyed unrun. Idempotent.
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
    std::deque<std::string> turns ABSL_GUARDED_BY(mu);  // those that have work and may run more
    size_t places ABSL_GUARDED_BY(mu) = 0;
    bool stopping ABSL_GUARDED_BY(mu) = false;

    void GiveTurnLocked(const std::string& name, const Caller& caller) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
    void DropIfIdleLocked(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu);
  };

  void Work();
  // The next part and whose it is; empty once the pool stops.
  Closure Take(std::string* caller);
  void Finished(const std::string& caller);

  const std::shared_ptr<State> state_;
  std::vector<std::thread> threads_;
};

}  // namespace orch::hub

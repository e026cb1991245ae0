// The streamed calls of clients that are open, so that a change of the rules reaches them. Used by ClientCalls. Owned
// by the hub. Thread-safe; its lock is a leaf.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "base/mutex.h"

namespace orch::hub {

class OpenCalls {
 public:
  struct Call {
    void swap(Call& other) {
      standing.swap(other.standing);
      end.swap(other.end);
    }
    std::function<absl::Status()> standing;        // OK while the caller may go on; any thread
    std::function<void(const absl::Status&)> end;  // ends the call; any thread, also when it is over
  };

  // The number of a call that is about to begin; Remove follows once, perhaps before Add.
  uint64_t NextId() {
    MutexLock lock(&mu_);
    return ++last_;
  }
  void Add(uint64_t id, Call call) {
    MutexLock lock(&mu_);
    if (ended_early_.erase(id) == 0) calls_[id].swap(call);
  }
  void Remove(uint64_t id) {
    Call ended;  // destroyed after the lock is released
    MutexLock lock(&mu_);
    const auto found = calls_.find(id);
    if (found == calls_.end()) {
      ended_early_.insert(id);
      return;
    }
    ended.swap(found->second);
    calls_.erase(found);
  }
  // Ends every call whose caller may not go on.
  void Recheck() const {
    std::vector<Call> calls;
    {
      MutexLock lock(&mu_);
      calls.reserve(calls_.size());
      for (const auto& [id, call] : calls_) calls.push_back(call);
    }
    for (const Call& call : calls) {
      if (const absl::Status status = call.standing(); !status.ok()) call.end(status);
    }
  }

 private:
  mutable Mutex mu_;
  absl::flat_hash_map<uint64_t, Call> calls_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<uint64_t> ended_early_ ABSL_GUARDED_BY(mu_);  // between NextId and Add
  uint64_t last_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace orch::hub

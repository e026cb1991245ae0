// What the hub sends into the streams that the door serves, on its way to the door's thread: many messages for many
// streams, and one wake for all. Bounded by the bounds of the writers (stream_writer.h). Thread-safe; its one lock is a
// leaf.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "base/mutex.h"
#include "base/streams/grpc_connection.h"

namespace orch::hub {

class StreamMail {
 public:
  struct Letter {
    uint64_t connection = 0;  // the door's number of it
    uint32_t call = 0;        // on this connection
    enum class Kind { kMessage, kFinish, kCutOff } kind = Kind::kMessage;
    GrpcMessage message;
  };

  // `wake`: makes the door take its mail soon; any thread, under the lock.
  explicit StreamMail(Closure wake) : wake_(std::move(wake)) {}

  // `others_follow`: another letter follows at once, which wakes the door.
  void Put(Letter letter, bool others_follow) {
    MutexLock lock(&mu_);
    letters_.push_back(std::move(letter));
    if (others_follow || std::exchange(awake_, true)) return;
    wake_();
  }
  // Takes everything. `*letters` is empty before, and gives its memory for what comes next.
  void TakeAll(std::vector<Letter>* letters) {
    MutexLock lock(&mu_);
    letters_.swap(*letters);
    awake_ = false;
  }

 private:
  Mutex mu_;
  Closure wake_ ABSL_GUARDED_BY(mu_);
  std::vector<Letter> letters_ ABSL_GUARDED_BY(mu_);
  bool awake_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace orch::hub

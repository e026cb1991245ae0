// Connects to the hub again after a connection broke. Used by one thread; FollowJob and the command
// `events` own one each.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "base/backoff.h"
#include "cli/session/context.h"
#include "cli/session/hub_client.h"

namespace orch::cli {

// Retries with full-jitter pauses until the time of --reconnect has passed.
class Reconnector {
 public:
  explicit Reconnector(Context* context);
  // Starts the time and the pauses from the beginning, because the stream has worked since.
  void Reset();
  // Returns true if there is a connection again. Otherwise `end` says why not: it is interrupted or
  // has an error. `what` is what continues on the hub in the meantime, such as "job 0123"; the note
  // of the first attempt names it.
  bool Retry(const std::string& what, StreamEnd* end);

 private:
  Context* const context_;
  Backoff backoff_;
  absl::Duration give_up_;  // steady time
  bool noted_ = false;
};

}  // namespace orch::cli

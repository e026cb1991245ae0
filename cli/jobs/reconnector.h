// Connects to the hub again after a connection broke. One thread; lives as long as the stream it serves.
#pragma once

#include <string>

#include "absl/time/time.h"
#include "base/backoff.h"
#include "cli/session/context.h"
#include "cli/session/hub_client.h"

namespace orch::cli {

// Connects anew with full-jitter pauses until --reconnect has passed. Shared with `events`.
class Reconnector {
 public:
  explicit Reconnector(Context* context);
  // The stream was at work lately: the time and the pauses begin anew.
  void Reset();
  // True: there is a connection. False: `end` says why not: interrupted, or its status.
  // `what` goes on meanwhile: "job 0123"; it is in the note that the first attempt writes.
  bool Again(const std::string& what, StreamEnd* end);

 private:
  Context* const context_;
  Backoff backoff_;
  absl::Duration give_up_;  // steady time
  bool noted_ = false;
};

}  // namespace orch::cli

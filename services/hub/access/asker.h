// Who asks a question, and whether nobody waits for its answer any more. A plain value.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "auth/access/caller.h"

namespace orch::hub {

struct Asker {
  auth::Caller caller;
  std::string proof;                // how it has proved who it is: "key", "psk", "certificate", "user"
  int64_t key_expires_us = 0;       // microseconds since 1970; 0: never
  std::function<bool()> cancelled;  // may be null; may be called on any thread, also when the call has ended
};

}  // namespace orch::hub

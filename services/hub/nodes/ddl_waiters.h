// Callers that wait for the text of a DDL, each for a limited time and all together in a limited number. Owned by the
// DdlCache; the hub's loop only.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "base/executor.h"

namespace orch::hub {

class DdlWaiters {
 public:
  static constexpr size_t kMaxWaiters = 1024;

  explicit DdlWaiters(Executor* executor) : executor_(executor) {}

  // Posts `then` once Wake is called for this hash, or `limit` is over. False when too many callers wait.
  bool Add(absl::string_view sha256, absl::Duration limit, Closure then);
  void Wake(const std::string& sha256);

 private:
  struct Waiter {
    TimerId timer;
    std::shared_ptr<Closure> then;
  };

  Executor* const executor_;
  std::multimap<std::string, Waiter> by_hash_;
};

}  // namespace orch::hub

#include "services/hub/nodes/ddl_waiters.h"

#include <utility>

namespace orch::hub {

bool DdlWaiters::Add(absl::string_view sha256, absl::Duration limit, Closure then) {
  if (by_hash_.size() >= kMaxWaiters) return false;
  const auto place = by_hash_.emplace(std::string(sha256), Waiter{0, std::make_shared<Closure>(std::move(then))});
  place->second.timer = executor_->PostAfter(limit, [this, place] {
    const std::shared_ptr<Closure> late = place->second.then;
    by_hash_.erase(place);
    (*late)();
  });
  return true;
}

void DdlWaiters::Wake(const std::string& sha256) {
  auto [first, last] = by_hash_.equal_range(sha256);
  while (first != last) {
    if (executor_->Cancel(first->second.timer)) {
      executor_->Post([then = first->second.then] { (*then)(); });
      first = by_hash_.erase(first);
    } else {
      ++first;  // its timer is about to run
    }
  }
}

}  // namespace orch::hub

// Work that leaves the loop, on the test's own executor: one thread, in order, without bounds but one.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/executor.h"
#include "services/hub/nodes/work_pool.h"

namespace orch::hub {

class FakePool final : public WorkPool {
 public:
  explicit FakePool(Executor* executor) : executor_(executor) {}

  absl::StatusOr<Place> Enter(absl::string_view caller) override {
    if (full) return absl::ResourceExhaustedError("no room");
    return std::make_shared<const std::string>(caller);
  }
  void Run(Place, Closure part) override {
    ++parts;
    executor_->Post(std::move(part));
  }

  bool full = false;
  int parts = 0;  // that were given to it

 private:
  Executor* const executor_;
};

}  // namespace orch::hub

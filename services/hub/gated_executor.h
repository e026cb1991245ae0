// The hub's view of an executor it does not own: what was posted through the gate is dropped once
// the gate is closed, so that nothing runs against a hub that is gone.
#pragma once

#include <memory>
#include <utility>

#include "base/executor.h"

namespace orch::hub {

class GatedExecutor final : public Executor {
 public:
  explicit GatedExecutor(Executor* inner) : inner_(inner) {}

  void Post(Closure task) override {
    inner_->Post([open = open_, task = std::move(task)]() mutable {
      if (*open) task();
    });
  }
  TimerId PostAfter(absl::Duration delay, Closure task) override {
    return inner_->PostAfter(delay, [open = open_, task = std::move(task)]() mutable {
      if (*open) task();
    });
  }
  bool Cancel(TimerId timer) override { return inner_->Cancel(timer); }
  bool OnLoop() const override { return inner_->OnLoop(); }

  // On the loop.
  void Close() { *open_ = false; }

 private:
  Executor* const inner_;
  const std::shared_ptr<bool> open_ = std::make_shared<bool>(true);  // loop only
};

}  // namespace orch::hub

// The hub's view of an executor it does not own: what was posted through the gate is dropped once
// the gate is closed, so that nothing runs against a hub that is gone.
#pragma once

#include <memory>
#include <utility>

#include "base/executor.h"
#include "base/lifetime.h"

namespace orch::hub {

class GatedExecutor final : public Executor {
 public:
  explicit GatedExecutor(Executor* inner) : inner_(inner) {}

  void Post(Closure task) override {
    inner_->Post([gate = lifetime_.watch(), task = std::move(task)]() mutable {
      if (!gate.ended()) task();
    });
  }
  TimerId PostAfter(absl::Duration delay, Closure task) override {
    return inner_->PostAfter(delay, [gate = lifetime_.watch(), task = std::move(task)]() mutable {
      if (!gate.ended()) task();
    });
  }
  bool Cancel(TimerId timer) override { return inner_->Cancel(timer); }
  bool OnLoop() const override { return inner_->OnLoop(); }

  // On the loop.
  void Close() { lifetime_.End(); }

 private:
  Executor* const inner_;
  Lifetime lifetime_;
};

}  // namespace orch::hub

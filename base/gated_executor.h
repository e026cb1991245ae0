// A view of an executor that its user does not own: everything that was posted through the gate is dropped once the
// gate is closed, so that nothing runs for a user that is gone. Thread-safe, except Close, which is called on the loop.
#pragma once

#include <memory>
#include <utility>

#include "base/executor.h"
#include "base/lifetime.h"

namespace orch {

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

  // Drops everything that has not run yet, and everything that is posted later. On the loop.
  void Close() { lifetime_.End(); }

 private:
  Executor* const inner_;
  Lifetime lifetime_;
};

}  // namespace orch

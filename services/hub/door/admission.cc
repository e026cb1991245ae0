#include "services/hub/door/admission.h"

namespace orch::hub {

Admission& Admission::operator=(Admission&& other) noexcept {
  if (this == &other) return *this;
  End();
  shares_ = std::move(other.shares_);
  visitor_ = std::move(other.visitor_);
  sort_ = other.sort_;
  finished_ = other.finished_;
  clock_ = other.clock_;
  return *this;
}

void Admission::Finish() {
  if (shares_ != nullptr && !finished_) finished_ = shares_->FinishCall(visitor_->share.get(), sort_);
}

void Admission::End() {
  if (shares_ == nullptr) return;
  if (finished_) {
    shares_->EndFinished(visitor_->share.get());
  } else {
    shares_->EndCall(visitor_->share.get(), sort_);
  }
  visitor_->last_call_ns = absl::ToInt64Nanoseconds(clock_->Steady());
  --visitor_->open_calls;
  shares_.reset();
}

}  // namespace orch::hub

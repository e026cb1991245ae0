#include "services/hub/nodes/fact_table/step_budget.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace orch::hub {

StepBudget::StepBudget(absl::Duration limit, std::function<bool()> cancelled, ProcessorTime used)
    : limit_(limit), cancelled_(std::move(cancelled)), used_(std::move(used)), begin_(used_()) {}

bool StepBudget::Look() {
  if (!status_.ok()) return false;
  since_look_ = 0;
  if (cancelled_ != nullptr && cancelled_()) {
    status_ = absl::CancelledError("the client ended the call");
  } else if (used_() - begin_ > limit_) {
    status_ = absl::ResourceExhaustedError(
        absl::StrCat("the filter takes the hub more than ", absl::FormatDuration(limit_),
                     " of processor time, its limit for one question; put conditions that leave few nodes first, and "
                     "search shorter texts or with simpler regular expressions"));
  }
  if (status_.ok()) return true;
  since_look_ = kLookEvery;  // every further step fails
  return false;
}

}  // namespace orch::hub

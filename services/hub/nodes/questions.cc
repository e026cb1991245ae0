#include "services/hub/nodes/questions.h"

#include <memory>
#include <utility>

namespace orch::hub {
namespace {

// One question on its way.
struct Way {
  Questions::Question question;
  ColumnNames names;
  FleetSnapshot fleet;

  // Whether the question goes on; when it does not, `done` was called.
  bool GoOn(absl::Status status) {
    if (status.ok() && question.cancelled != nullptr && question.cancelled()) {
      status = absl::CancelledError("the client ended the call");
    }
    if (!status.ok()) question.done(status);
    return status.ok();
  }
};

}  // namespace

void Questions::Ask(Question question) {
  absl::StatusOr<WorkPool::Place> place = pool_->Enter(question.caller);
  if (!place.ok()) return question.done(place.status());
  auto way = std::make_shared<Way>();
  way->question = std::move(question);
  pool_->Run(*place, [this, place = *place, way] {
    if (!way->GoOn(absl::OkStatus())) return;
    if (way->question.read != nullptr && !way->GoOn(way->question.read(&way->names))) return;
    loop_->Post([this, place, way] {
      if (!way->GoOn(way->question.on_loop == nullptr ? absl::OkStatus() : way->question.on_loop())) return;
      way->fleet = registry_->Freeze(way->names);
      pool_->Run(place, [place, way] {
        if (!way->GoOn(absl::OkStatus())) return;
        StepBudget budget(kMaxQuestionTime, way->question.cancelled);
        way->question.done(way->question.answer(way->fleet, &budget));
      });
    });
  });
}

}  // namespace orch::hub

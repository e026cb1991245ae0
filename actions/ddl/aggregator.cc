#include "actions/ddl/aggregator.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "actions/ddl/aggregate_function.h"

namespace orch::ddl {

struct Aggregator::State {
  void Add(const Json& data);

  std::string title;
  std::string function;
  std::string output;
  std::unique_ptr<AggregateFunction> values;  // null: a function this program does not know
};

Aggregator::Aggregator(const Action& action) {
  for (const Aggregate& aggregate : action.aggregates) {
    auto state = std::make_unique<State>();
    const Output* output = action.FindOutput(aggregate.output);
    state->title = absl::StrCat("Summary of ", output == nullptr ? aggregate.output : output->display_as);
    state->function = aggregate.function;
    state->output = aggregate.output;
    state->values = MakeCounting(aggregate);
    if (state->values == nullptr) state->values = MakeNumeric(aggregate);
    states_.push_back(std::move(state));
  }
}

Aggregator::~Aggregator() = default;

void Aggregator::State::Add(const Json& data) {
  if (!data.is_object() || values == nullptr) return;
  const auto found = data.find(output);
  if (found != data.end() && !found->is_null()) values->Add(*found);
}

void Aggregator::Add(const Json& data) {
  for (const std::unique_ptr<State>& state : states_) state->Add(data);
}

void Aggregator::AddFailed(const Json& data) {
  for (const std::unique_ptr<State>& state : states_) {
    if (state->function == "nagios_states") state->Add(data);
  }
}

std::vector<Aggregator::Result> Aggregator::Results() const {
  std::vector<Result> results;
  for (const std::unique_ptr<State>& state : states_) {
    Result result;
    result.title = state->title;
    result.function = state->function;
    result.output = state->output;
    if (state->values != nullptr) {
      result.lines = state->values->Lines();
      result.value = state->values->Value();
    } else {
      result.lines = {absl::StrCat("the function ", state->function, " is not known here")};
    }
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace orch::ddl

#include "cli/views/reply_choice.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace orch::cli {
namespace {

// A field of that name goes before a path.
const Json* Field(const Json& data, const std::string& name) {
  if (const auto found = data.find(name); found != data.end()) return &*found;
  const Json* value = &data;
  for (const absl::string_view part : absl::StrSplit(name, '.')) {
    const auto found = value->is_object() ? value->find(std::string(part)) : value->end();
    if (!value->is_object() || found == value->end()) return nullptr;
    value = &*found;
  }
  return value;
}

}  // namespace

Json ChosenData(const Json& data, const std::vector<std::string>& columns) {
  if (columns.empty() || !data.is_object()) return data;
  Json chosen = Json::object();
  for (const std::string& name : columns) {
    if (const Json* const value = Field(data, name)) chosen[name] = *value;
  }
  return chosen;
}

bool ReplyChoice::OnAnswer(const Answer& answer) {
  const auto& filter = context_->options().reply_filter;
  if (!filter.has_value() || !answer.ok()) return view_->OnAnswer(answer);
  ++seen_;
  if (!filter->Matches(answer.data)) return true;
  ++matched_;
  return view_->OnAnswer(answer);
}

void ReplyChoice::OnEnd(const JobEnd& end) {
  view_->OnEnd(end);
  if (!context_->options().reply_filter.has_value() || context_->options().quiet) return;
  context_->Note(absl::StrCat("orchctl: ", matched_, " of ", seen_, " replies match --reply-filter\n"));
}

}  // namespace orch::cli

#include "cli/views/reply_choice.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"

namespace orch::cli {
namespace {

// A field with the whole name takes precedence over a path.
const Json* FindField(const Json& data, const std::string& name) {
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
    if (const Json* const value = FindField(data, name)) chosen[name] = *value;
  }
  return chosen;
}

bool ReplyChoice::OnAnswer(const Answer& answer) {
  if (!answer.ok()) return view_->OnAnswer(answer);
  const auto& filter = context_->options().reply_filter;
  const auto has = [&](const std::string& name) { return FindField(answer.data, name) != nullptr; };
  unseen_.erase(std::remove_if(unseen_.begin(), unseen_.end(), has), unseen_.end());
  for (const auto& item : answer.data.items()) {
    if (seen_ == 0) fields_.insert(Printable(item.key()));
  }
  ++seen_;
  if (filter.has_value() && !filter->Matches(answer.data)) return true;
  ++matched_;
  return view_->OnAnswer(answer);
}

void ReplyChoice::OnEnd(const JobEnd& end) {
  view_->OnEnd(end);
  if (context_->options().quiet) return;
  if (seen_ > 0 && !unseen_.empty()) {
    context_->Note(absl::StrCat("orchctl: no reply has ", Printable(absl::StrJoin(unseen_, ", ")), "; there are ",
                                absl::StrJoin(fields_, ", "), "\n"));
  }
  if (!context_->options().reply_filter.has_value()) return;
  context_->Note(absl::StrCat("orchctl: ", matched_, " of ", seen_, " replies match --reply-filter\n"));
}

}  // namespace orch::cli

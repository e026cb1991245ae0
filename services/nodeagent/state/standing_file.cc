#include "services/nodeagent/state/standing_file.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace orch::nodeagent {
namespace {

absl::Status Unreadable(const std::string& path) {
  return absl::InvalidArgumentError(absl::StrCat(path,
                                                 " is not what this agent writes; it is written anew when the hub "
                                                 "has sent the labels of this node"));
}

}  // namespace

absl::Status StandingFile::Load() {
  if (path_.empty()) return absl::OkStatus();
  const absl::StatusOr<std::string> text = ReadFile(path_, kMaxBytes);
  if (absl::IsNotFound(text.status())) return absl::OkStatus();
  ORCH_RETURN_IF_ERROR(text.status());
  ORCH_ASSIGN_OR_RETURN(const Json json, ParseJsonObject(*text, path_, kMaxBytes));
  const auto issued = json.find("issued_at_us");
  const auto labels = json.find("labels");
  const auto collectives = json.find("collectives");
  if (issued == json.end() || !issued->is_number_integer() || labels == json.end() || !labels->is_object() ||
      collectives == json.end() || !collectives->is_array()) {
    return Unreadable(path_);
  }
  auto standing = std::make_shared<Standing>();
  for (const auto& [name, value] : labels->items()) {
    if (!value.is_string()) return Unreadable(path_);
    standing->labels[name] = value.get<std::string>();
  }
  for (const Json& name : *collectives) {
    if (!name.is_string()) return Unreadable(path_);
    standing->collectives.push_back(name.get<std::string>());
  }
  now_ = std::move(standing);
  issued_at_us_ = issued->get<int64_t>();
  return absl::OkStatus();
}

bool StandingFile::Take(const v1::NodeStanding& message, int64_t issued_at_us) {
  const bool plausible = absl::FromUnixMicros(issued_at_us_) <= clock_->Now() + kAhead;
  if (now_ != nullptr && plausible && issued_at_us < issued_at_us_) {
    LogWarning("labels that the hub sent earlier than those in force are left out", {});
    return false;
  }
  auto next = std::make_shared<Standing>();
  next->labels = {message.labels().begin(), message.labels().end()};
  next->collectives = {message.collectives().begin(), message.collectives().end()};
  issued_at_us_ = issued_at_us;
  if (now_ != nullptr && *now_ == *next) return false;
  now_ = std::move(next);
  if (const absl::Status written = Write(); !written.ok()) {
    LogError("the labels of this node are in force, and not kept over a restart of the agent",
             {{"reason", std::string(written.message())}});
  }
  return true;
}

absl::Status StandingFile::Write() const {
  if (path_.empty()) return absl::OkStatus();
  Json json = {{"issued_at_us", issued_at_us_}, {"labels", Json::object()}, {"collectives", now_->collectives}};
  for (const auto& [name, value] : now_->labels) json["labels"][name] = value;
  return WriteFileDurably(path_, absl::StrCat(DumpJson(json), "\n"), 0600);
}

}  // namespace orch::nodeagent

#include "services/nodeagent/runner/task_folder.h"

#include <unistd.h>

#include <exception>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::nodeagent {
namespace {

constexpr size_t kMaxLostMessage = 4096;

}  // namespace

Json TaskFile::ToJson() const {
  const Json facts = catalog.facts == nullptr ? Json::object() : *catalog.facts;
  return {{"plugin", request.plugin},
          {"action", request.action},
          {"inputs", request.inputs},
          {"caller", request.caller},
          {"job_id", request.job_id},
          {"collective", request.collective},
          {"sender", request.sender},
          {"issued_at_us", absl::ToUnixMicros(request.issued_at)},
          {"ttl_us", absl::ToInt64Microseconds(request.ttl)},
          {"timeout_us", absl::ToInt64Microseconds(timeout)},
          {"no_reply_data", no_reply_data},
          {"settings", catalog.builtin.settings},
          {"plugin_directories", catalog.plugin_directories},
          {"identity", catalog.identity},
          {"collectives", catalog.collectives},
          {"main_collective", catalog.main_collective},
          {"facts", facts},
          {"classes", classes},
          {"log_level", log_level},
          {"log_json", log_json},
          {"log_file", log_file}};
}

absl::StatusOr<TaskFile> TaskFile::FromText(const std::string& text) {
  ORCH_ASSIGN_OR_RETURN(const Json json, ParseJsonObject(text, "the task", kMaxTaskFileBytes));
  TaskFile task;
  try {
    task.request.plugin = json.at("plugin");
    task.request.action = json.at("action");
    task.request.inputs = json.at("inputs");
    task.request.caller = json.at("caller");
    task.request.job_id = json.at("job_id");
    task.request.collective = json.at("collective");
    task.request.sender = json.at("sender");
    task.request.issued_at = absl::FromUnixMicros(json.at("issued_at_us").get<int64_t>());
    task.request.ttl = absl::Microseconds(json.at("ttl_us").get<int64_t>());
    task.timeout = absl::Microseconds(json.at("timeout_us").get<int64_t>());
    task.no_reply_data = json.at("no_reply_data");
    task.catalog.builtin.settings = json.at("settings");
    task.catalog.plugin_directories = json.at("plugin_directories");
    task.catalog.identity = json.at("identity");
    task.catalog.collectives = json.at("collectives");
    task.catalog.main_collective = json.at("main_collective");
    task.catalog.facts = std::make_shared<const Json>(json.at("facts"));
    task.catalog.only = task.request.plugin;
    task.catalog.ask_plugins = false;
    task.classes = json.at("classes");
    task.log_level = json.at("log_level");
    task.log_json = json.at("log_json");
    task.log_file = json.at("log_file");
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("the task cannot be read: ", error.what()));
  }
  return task;
}

std::string OutcomeText(const TaskOutcome& outcome) {
  const actions::Reply& reply = outcome.reply;
  return DumpJson({{"status_code", reply.status_code},
                   {"status_message", reply.status_message},
                   {"error_kind", std::string(actions::ErrorKindText(reply.error_kind))},
                   {"data", reply.data},
                   {"printed", outcome.printed}});
}

absl::Status LeaveOutcome(const std::string& folder, const TaskOutcome& outcome) {
  const absl::Status kept = WriteIntoRoom(ReservePath(folder), OutcomePath(folder), OutcomeText(outcome));
  if (kept.ok()) return kept;
  if (access(ReservePath(folder).c_str(), F_OK) != 0) {  // an agent that reserved nothing
    return WriteFileDurably(OutcomePath(folder), OutcomeText(outcome), 0600);
  }
  const std::string said = outcome.reply.status_message.substr(0, kMaxLostMessage);
  const actions::Reply lost = actions::Reply::Failure(
      actions::ErrorKind::kOutcomeLost, absl::StrCat("the action ended with status ", outcome.reply.status_code, " (",
                                                     said, "), but its data is lost: ", kept.message()));
  return WriteIntoRoom(ReservePath(folder), OutcomePath(folder), OutcomeText({lost, outcome.printed}));
}

absl::StatusOr<TaskOutcome> OutcomeFromText(const std::string& text) {
  ORCH_ASSIGN_OR_RETURN(const Json json, ParseJsonObject(text, "the outcome", kMaxOutcomeFileBytes));
  TaskOutcome outcome;
  actions::Reply& reply = outcome.reply;
  try {
    reply.status_code = json.at("status_code");
    reply.status_message = json.at("status_message");
    reply.error_kind = actions::ErrorKindFromText(json.at("error_kind").get<std::string>());
    reply.data = json.at("data");
    outcome.printed = json.value("printed", Printed{});
  } catch (const std::exception& error) {
    return absl::InvalidArgumentError(absl::StrCat("the outcome cannot be read: ", error.what()));
  }
  return outcome;
}

}  // namespace orch::nodeagent

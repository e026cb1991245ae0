#include "actions/external/worker_plugin.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "actions/core/node_state.h"
#include "actions/external/agent_protocol.h"
#include "base/process/cancel_token.h"
#include "base/process/process_spec.h"
#include "base/process/worker_process.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr char kWorkerConfigFile[] = "config.cfg";
constexpr char kWorkerFactsFile[] = "facts.json";
constexpr int kMaxIdleSeconds = 7 * 86400;

absl::StatusOr<int> ReadSetting(const ProgramPlugin::Source& source, const char* item, int absent, int max) {
  const auto found = source.settings.find(item);
  if (found == source.settings.end()) return absent;
  int value;
  if (absl::SimpleAtoi(found->second, &value) && value >= 1 && value <= max) return value;
  return absl::InvalidArgumentError(absl::StrCat("setting plugin.", source.files.name, ".", item, ": '", found->second,
                                                 "' is no whole number from 1 to ", max));
}

}  // namespace

WorkerPlugin::WorkerPlugin(Source source, std::string program, Limits limits)
    : ProgramPlugin(std::move(source)), program_(std::move(program)), limits_(limits) {}

absl::StatusOr<std::shared_ptr<ProgramPlugin>> WorkerPlugin::Create(Source source) {
  ORCH_ASSIGN_OR_RETURN(std::string program, FindProgramOf(source.files));
  ORCH_ASSIGN_OR_RETURN(const int processes, ReadSetting(source, "processes", 4, int{WarmWorker::kMaxProcesses}));
  ORCH_ASSIGN_OR_RETURN(const int idle, ReadSetting(source, "idle", 600, kMaxIdleSeconds));
  const Limits limits{static_cast<size_t>(processes), absl::Seconds(idle)};
  return std::make_shared<WorkerPlugin>(std::move(source), std::move(program), limits);
}

ProcessSpec WorkerPlugin::SpecIn(const PrivateFolder& folder) const {
  ProcessSpec spec;
  spec.argv = {program_};
  spec.bare_env = true;
  spec.cwd = folder.path();
  for (const char* prefix : {"CHORIA_EXTERNAL_", "ORCH_EXTERNAL_"}) {
    spec.env[absl::StrCat(prefix, "CONFIG")] = folder.File(kWorkerConfigFile);
    spec.env[absl::StrCat(prefix, "FACTS")] = folder.File(kWorkerFactsFile);
  }
  return spec;
}

absl::StatusOr<bool> WorkerPlugin::Activate(const std::shared_ptr<const Json>& facts, const CancelToken* cancel) {
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<PrivateFolder> folder, PrivateFolder::Create());
  ORCH_RETURN_IF_ERROR(folder->Write(kWorkerConfigFile, SettingsText()));
  ORCH_RETURN_IF_ERROR(folder->Write(kWorkerFactsFile, facts == nullptr ? "{}" : DumpJson(*facts)));
  WarmWorker::Options options;
  options.name = program_;
  options.process = SpecIn(*folder);
  options.max_answer = kMaxActivationFile;
  WarmWorker once(std::move(options), source().clock);
  ORCH_ASSIGN_OR_RETURN(const Json answer, once.Ask(ActivationObject(source().ddl->name), kActivationTimeout, cancel));
  return ReadActivation(DumpJson(answer));
}

absl::StatusOr<WarmWorker*> WorkerPlugin::Ready(const std::shared_ptr<const Json>& facts) {
  MutexLock lock(&mu_);
  if (folder_ == nullptr) {
    ORCH_ASSIGN_OR_RETURN(std::unique_ptr<PrivateFolder> folder, PrivateFolder::Create());
    ORCH_RETURN_IF_ERROR(folder->Write(kWorkerConfigFile, SettingsText()));
    folder_ = std::move(folder);
  }
  if (facts_ != facts) {
    ORCH_RETURN_IF_ERROR(folder_->Write(kWorkerFactsFile, facts == nullptr ? "{}" : DumpJson(*facts)));
    facts_ = facts;
  }
  if (worker_ == nullptr) {
    WarmWorker::Options options;
    options.name = program_;
    options.process = SpecIn(*folder_);
    options.max_processes = limits_.processes;
    options.idle = limits_.idle;
    worker_ = std::make_unique<WarmWorker>(std::move(options), source().clock);
  }
  return worker_.get();
}

Reply WorkerPlugin::RunAction(const Request& request, const Context& context, absl::Duration timeout) {
  const absl::StatusOr<WarmWorker*> worker = Ready(context.node->Facts());
  if (!worker.ok()) return CouldNotCall(request, worker.status());
  Context limited = context;
  limited.timeout = timeout;
  Reply reply = (*worker)->Call(RequestObject(request), limited);
  if (reply.error_kind == ErrorKind::kNone) return reply;
  reply.status_message =
      absl::StrCat("Could not call external agent ", request.plugin, "#", request.action, ": ", reply.status_message);
  return reply;
}

}  // namespace orch::actions

#include "actions/mcollective/mcollective_agents.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "actions/mcollective/mcollective_plugin.h"
#include "actions/worker/ruby_worker.h"
#include "base/process/cancel_token.h"
#include "base/process/find_program.h"
#include "base/process/process.h"
#include "base/process/process_spec.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr char kScript[] = "mcollective_host.rb";
constexpr char kProblemName[] = "mcollective";  // of the problem when none can be loaded
constexpr absl::Duration kLoadTimeout = absl::Seconds(60);
constexpr size_t kMaxDescription = 4u << 20;  // of all agents
constexpr size_t kErrorBytes = 400;

bool HoldsAgents(const std::string& libdir) {
  for (const char* folder : {"mcollective/agent", "agent"}) {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(absl::StrCat(libdir, "/", folder), error)) {
      if (entry.path().extension() == ".rb") return true;
    }
  }
  return false;
}

absl::StatusOr<std::string> FindRuby(const PluginSettings& settings) {
  const std::string set = SettingOf(settings, "mcollective.ruby");
  if (!set.empty()) return FindProgram(set);
  if (absl::StatusOr<std::string> puppets = FindPuppetsRuby(settings); puppets.ok()) return puppets;
  absl::StatusOr<std::string> ruby = FindProgram("ruby");
  if (ruby.ok()) return ruby;
  return absl::NotFoundError("MCollective's agents need ruby, which is not on this node; install it");
}

// Reads {"agents": [{"name", "ddl", "active"} or {"name", "error"}, …]}.
absl::StatusOr<Json> Describe(const McollectiveOptions& options, const WarmWorker::Options& worker, const Clock& clock,
                              const CancelToken* cancel) {
  Json config = McollectiveConfig(options.libdirs, options.builtin.settings);
  config["identity"] = options.identity;
  config["collectives"] = options.collectives;
  config["main_collective"] = options.main_collective;
  ProcessSpec spec = worker.process;
  spec.argv.push_back("describe");
  spec.stdin_text = absl::StrCat(DumpJson(Json{{"config", config},
                                               {"only", options.only},
                                               {"facts", options.facts == nullptr ? "{}" : DumpJson(*options.facts)}}),
                                 "\n");
  spec.timeout = kLoadTimeout;
  spec.max_output = kMaxDescription;
  spec.end_on_output_limit = true;
  spec.cancel = cancel;
  ORCH_ASSIGN_OR_RETURN(const ProcessResult result, RunProcess(spec, clock));
  const std::string said =
      result.err.size() > kErrorBytes ? result.err.substr(result.err.size() - kErrorBytes) : result.err;
  if (result.end == ProcessResult::End::kTimedOut) {
    return absl::DeadlineExceededError(
        absl::StrCat("the agents did not load within ", absl::FormatDuration(kLoadTimeout)));
  }
  if (!result.ok()) return absl::UnavailableError(absl::StrCat("the agents could not be loaded: ", said));
  return ParseJsonObject(result.out, "the description of the agents", kMaxDescription);
}

void AddAgent(const Json& agent, const McollectiveOptions& options, WarmWorker::Options worker, const Clock* clock,
              Catalog* catalog) {
  const std::string name = agent.value("name", "");
  const auto ddl_json = agent.find("ddl");
  if (ddl_json == agent.end()) return catalog->AddProblem({name, agent.value("error", "it cannot be described")});
  const absl::StatusOr<std::shared_ptr<const ddl::Plugin>> ddl =
      ddl::LoadPlugin(DumpJson(*ddl_json), absl::StrCat("agent/", name, ".ddl"));
  if (!ddl.ok()) return catalog->AddProblem({name, std::string(ddl.status().message())});
  if (!agent.value("active", false)) return;  // it does not want to run here: as it should be
  if (catalog->Find(name) != nullptr) {
    return catalog->AddProblem({name, "a plugin of this name is there already; the MCollective agent is left out"});
  }
  worker.name = absl::StrCat("agent ", name);
  worker.process.argv.insert(worker.process.argv.end(), {"serve", name});
  worker.process.leaves = true;  // nobody can tell from outside which of its actions starts a service
  catalog->Add(std::make_shared<McollectivePlugin>(*ddl, options.libdirs, options.builtin.settings, worker, clock));
}

absl::Status Load(const McollectiveOptions& options, const Clock* clock, const CancelToken* cancel, Catalog* catalog) {
  WarmWorker::Options worker;
  ORCH_RETURN_IF_ERROR(ReadWorkerSettings(options.builtin.settings, "mcollective", &worker));
  ORCH_ASSIGN_OR_RETURN(const std::string ruby, FindRuby(options.builtin.settings));
  ORCH_ASSIGN_OR_RETURN(const std::string script, FindRubyScript(options.builtin.settings, kScript));
  worker.process.argv = {ruby, script};
  ORCH_ASSIGN_OR_RETURN(const Json described, Describe(options, worker, *clock, cancel));
  const auto agents = described.find("agents");
  if (agents == described.end() || !agents->is_array()) return absl::InternalError("the agents were not described");
  for (size_t i = 0; i < agents->size(); ++i) {
    if (i >= kMaxMcollectiveAgents) {
      return absl::ResourceExhaustedError(
          absl::StrCat("more than ", kMaxMcollectiveAgents, " agents; the rest is left out"));
    }
    AddAgent((*agents)[i], options, worker, clock, catalog);
  }
  return absl::OkStatus();
}

}  // namespace

void LoadMcollectiveAgents(const McollectiveOptions& options, const Clock* clock, const CancelToken* cancel,
                           Catalog* catalog) {
  if (std::none_of(options.libdirs.begin(), options.libdirs.end(), HoldsAgents)) return;
  const absl::Status loaded = Load(options, clock, cancel, catalog);
  if (!loaded.ok()) catalog->AddProblem({kProblemName, std::string(loaded.message())});
}

}  // namespace orch::actions

#include "services/nodeagent/state/agent_state.h"

#include <dirent.h>
#include <sys/times.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "actions/core/node_state.h"
#include "actions/data/data_functions.h"
#include "base/durable_file.h"

namespace orch::nodeagent {
namespace {

constexpr size_t kMaxThreadNames = 256;

// Returns the names that the kernel has for the threads of this process.
Json ThreadNames() {
  Json names = Json::array();
  DIR* tasks = opendir("/proc/self/task");
  if (tasks == nullptr) return names;
  while (const dirent* entry = readdir(tasks)) {
    if (entry->d_name[0] == '.' || names.size() >= kMaxThreadNames) continue;
    const absl::StatusOr<std::string> name = ReadFile(absl::StrCat("/proc/self/task/", entry->d_name, "/comm"), 64);
    if (name.ok()) names.push_back(std::string(absl::StripSuffix(*name, "\n")));
  }
  closedir(tasks);
  return names;
}

Json ProcessTimes() {
  tms used;
  times(&used);
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  return {{"utime", static_cast<double>(used.tms_utime) / ticks},
          {"stime", static_cast<double>(used.tms_stime) / ticks},
          {"cutime", static_cast<double>(used.tms_cutime) / ticks},
          {"cstime", static_cast<double>(used.tms_cstime) / ticks}};
}

}  // namespace

AgentState::AgentState(const Clock* clock, Options options) : AgentState(clock, std::move(options), Moment()) {}

AgentState::AgentState(const Clock* clock, Options options, Moment moment)
    : clock_(clock),
      config_file_(std::move(options.config_file)),
      started_(clock->Now()),
      public_config_(std::move(options.public_config)),
      builtins_(std::make_shared<const actions::BuiltinOptions>()),
      now_(std::move(moment)) {}

AgentState::Moment AgentState::now() const {
  MutexLock lock(&mu_);
  return now_;
}

void AgentState::Set(Moment moment) {
  MutexLock lock(&mu_);
  std::swap(now_, moment);  // what was there is destroyed once the lock is released
}

void AgentState::SetPublicConfig(std::map<std::string, Json> public_config) {
  MutexLock lock(&mu_);
  public_config_.swap(public_config);
}

void AgentState::SetBuiltins(actions::BuiltinOptions builtins) {
  auto next = std::make_shared<const actions::BuiltinOptions>(std::move(builtins));
  MutexLock lock(&mu_);
  builtins_.swap(next);
}

std::string AgentState::Identity() const { return snapshot()->identity; }
std::shared_ptr<const Json> AgentState::Facts() const { return snapshot()->FactsInForce(); }
std::vector<std::string> AgentState::Classes() const { return snapshot()->classes; }
std::vector<std::string> AgentState::Collectives() const { return snapshot()->CollectivesInForce(); }
std::string AgentState::MainCollective() const { return snapshot()->main_collective; }

std::vector<actions::NodeState::PluginInfo> AgentState::Plugins() const {
  const std::shared_ptr<const NodeSnapshot> now = snapshot();
  std::vector<PluginInfo> out;
  for (const auto& [name, ddl] : now->plugins) {
    out.push_back({.name = name,
                   .description = ddl->description,
                   .author = ddl->author,
                   .license = ddl->license,
                   .version = ddl->version,
                   .url = ddl->url,
                   .timeout = ddl->timeout});
  }
  return out;
}

Json AgentState::DaemonStats() const {
  const std::shared_ptr<const NodeSnapshot> now = snapshot();
  const auto count = [](const std::atomic<uint64_t>& value) { return value.load(std::memory_order_relaxed); };
  return {{"threads", ThreadNames()},
          {"agents", now->PluginNames()},
          {"pid", static_cast<int64_t>(getpid())},
          {"times", ProcessTimes()},
          {"starttime", absl::ToUnixSeconds(started_)},
          {"total", count(counters_.total)},
          {"validated", count(counters_.validated)},
          {"unvalidated", count(counters_.unvalidated)},
          {"passed", count(counters_.passed)},
          {"filtered", count(counters_.filtered)},
          {"replies", count(counters_.replies)},
          {"ttlexpired", count(counters_.ttl_expired)},
          {"configfile", config_file_},
          {"version", now->version}};
}

absl::StatusOr<Json> AgentState::ConfigItem(absl::string_view name) const {
  MutexLock lock(&mu_);
  const auto found = public_config_.find(std::string(name));
  if (found == public_config_.end()) {
    return absl::NotFoundError(absl::StrCat("configuration item '", name, "' is not known or not public"));
  }
  return found->second;
}

std::vector<std::string> AgentState::DataFunctionNames() const { return actions::BuiltinDataFunctionNames(); }

absl::StatusOr<Json> AgentState::CallDataFunction(absl::string_view name, const std::vector<std::string>& arguments) {
  std::shared_ptr<const actions::BuiltinOptions> builtins;
  {
    MutexLock lock(&mu_);
    builtins = builtins_;
  }
  return actions::CallBuiltinDataFunction(name, arguments, *this, *clock_, *builtins);
}

}  // namespace orch::nodeagent

// Converts the options of a run to arguments of puppet agent.
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "actions/ddl/system_names.h"
#include "actions/plugins/puppet/puppet_run.h"
#include "base/json_number.h"

namespace orch::actions {
namespace {

constexpr int64_t kDefaultSplayLimit = 30;
constexpr int64_t kMaxSplayLimit = 366 * 24 * 60 * 60;  // seconds

std::optional<bool> Wish(const Json& inputs, const char* name) {
  const auto found = inputs.find(name);
  if (found == inputs.end() || !found->is_boolean()) return std::nullopt;
  return found->get<bool>();
}

std::string Text(const Json& inputs, const char* name) {
  const auto found = inputs.find(name);
  return found != inputs.end() && found->is_string() ? found->get<std::string>() : "";
}

void AddSwitch(const std::optional<bool>& wish, const char* name, std::vector<std::string>* command) {
  if (wish.has_value()) command->push_back(absl::StrCat(*wish ? "--" : "--no-", name));
}

void AddSplay(const PuppetRunOptions& options, const PuppetProgram& program, std::vector<std::string>* command) {
  if (options.force || !options.splay.value_or(program.Flag("splay", true))) {
    command->emplace_back("--no-splay");
    return;
  }
  int64_t limit = kDefaultSplayLimit;
  if (!absl::SimpleAtoi(program.Setting("splaylimit", "30"), &limit)) limit = kDefaultSplayLimit;
  command->insert(command->end(), {"--splay", "--splaylimit", absl::StrCat(options.splaylimit.value_or(limit))});
}

}  // namespace

bool PuppetRunOptions::Any() const {
  return force || wait || !server.empty() || !tags.empty() || !skip_tags.empty() || !environment.empty() ||
         noop.has_value() || splay.has_value() || use_cached_catalog.has_value() || ignoreschedules.has_value() ||
         splaylimit.has_value();
}

absl::StatusOr<PuppetRunOptions> ReadRunOptions(const Json& inputs, const PuppetProgram& program) {
  PuppetRunOptions options;
  options.force = Wish(inputs, "force").value_or(false);
  options.wait = Wish(inputs, "wait").value_or(false);
  options.server = Text(inputs, "server");
  options.tags = Text(inputs, "tags");
  options.skip_tags = Text(inputs, "skip_tags");
  options.environment = Text(inputs, "environment");
  options.noop = Wish(inputs, "noop");
  options.splay = Wish(inputs, "splay");
  options.use_cached_catalog = Wish(inputs, "use_cached_catalog");
  options.ignoreschedules = Wish(inputs, "ignoreschedules");
  const auto limit = inputs.find("splaylimit");
  if (limit != inputs.end() && IsNumber(*limit)) {
    if (NumberAsDouble(*limit) > kMaxSplayLimit) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 'splaylimit': must be at most ", kMaxSplayLimit, " seconds"));
    }
    options.splaylimit = limit->get<int64_t>();
  }
  if (options.force && (options.splay.value_or(false) || options.splaylimit.has_value())) {
    return absl::InvalidArgumentError("inputs 'force' and 'splay' exclude each other; give one of them");
  }
  if (options.splaylimit.value_or(1) < 1) {
    return absl::InvalidArgumentError("input 'splaylimit': must be at least 1 second");
  }
  if (!options.server.empty() && !program.Flag("allow_server_override", false)) {
    return absl::PermissionDeniedError(
        "this node takes no other Puppet server; set plugin.puppet.allow_server_override to allow it");
  }
  return options;
}

std::vector<std::string> RunCommand(const PuppetRunOptions& options, const PuppetProgram& program) {
  std::vector<std::string> command = program.Command("agent");
  command.insert(command.end(), {"--onetime", "--no-daemonize", "--color=false", "--show_diff", "--verbose"});
  if (!options.tags.empty()) command.insert(command.end(), {"--tags", options.tags});
  if (!options.skip_tags.empty()) command.insert(command.end(), {"--skip_tags", options.skip_tags});
  AddSwitch(options.noop, "noop", &command);
  if (!options.environment.empty()) command.insert(command.end(), {"--environment", options.environment});
  if (!options.server.empty()) {
    const ddl::PuppetServer server = ddl::SplitPuppetServer(options.server);
    command.insert(command.end(), {"--server", server.host});
    if (!server.port.empty()) command.insert(command.end(), {"--serverport", server.port});
  }
  AddSwitch(options.use_cached_catalog, "use_cached_catalog", &command);
  AddSwitch(options.ignoreschedules, "ignoreschedules", &command);
  AddSplay(options, program, &command);
  return command;
}

}  // namespace orch::actions

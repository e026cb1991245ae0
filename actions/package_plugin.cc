#include "actions/package_plugin.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actions/ddl/validate.h"
#include "base/digest.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

Json StateData(const PackageState& state, absl::string_view provider) {
  Json data{{"name", state.name}, {"ensure", state.ensure}, {"provider", std::string(provider)}};
  for (const auto& [key, value] : {std::pair("version", &state.version), std::pair("release", &state.release),
                                   std::pair("epoch", &state.epoch), std::pair("arch", &state.arch)}) {
    if (!value->empty()) data[key] = *value;
  }
  return data;
}

Json PackageList(const std::vector<AvailablePackage>& packages) {
  Json list = Json::array();
  for (const AvailablePackage& package : packages) {
    list.push_back({{"package", package.package}, {"version", package.version}, {"repo", package.repo}});
  }
  return list;
}

// Beyond the DDL's shellsafe: nothing that a package manager could read as an option, a pattern, a
// path or a second package.
absl::Status CheckName(const char* input, const std::string& value) {
  const absl::Status good = ddl::CheckNamedValidator("package_name", value);
  if (good.ok()) return good;
  return absl::InvalidArgumentError(
      absl::StrCat("input '", input, "': ", good.message(), ", found '", absl::CHexEscape(value.substr(0, 60)), "'"));
}

Reply InvalidInput(const absl::Status& status) {
  Reply reply = Reply::Aborted(std::string(status.message()));
  reply.status_code = kInvalidInput;
  return reply;
}

Reply OkWith(Json data) {
  Reply reply;
  reply.data = std::move(data);
  return reply;
}

}  // namespace

struct PackagePlugin::Call {
  const Request& request;
  const PackageProvider& provider;
  const CommandRunner& runner;
  std::string package;
  std::string version;

  // Runs what changes a package, then looks again.
  Reply Change(const PackageState& before, const char* what,
               const std::function<absl::StatusOr<PackageCommand>()>& change,
               const std::function<bool(const PackageState&)>& reached) const {
    if (const absl::Status lock = provider.CheckLock(); !lock.ok()) {
      return ReplyFor(lock, StateData(before, provider.name()));
    }
    const absl::StatusOr<PackageCommand> command = change();
    if (!command.ok()) return ReplyFor(command.status(), StateData(before, provider.name()));
    const absl::StatusOr<PackageState> after = provider.Query(runner, package);
    Json data = StateData(after.ok() ? *after : before, provider.name());
    data["output"] = command->output;
    if (!after.ok()) return ReplyFor(after.status(), std::move(data));
    data["changed"] = !(*after == before);
    if (!command->ok) {
      return Reply::Aborted(absl::StrCat("could not ", what, " ", package, ": ", command->problem), std::move(data));
    }
    if (!reached(*after)) {
      return Reply::Aborted(absl::StrCat("could not ", what, " ", package, ": ", provider.name(),
                                         " reported success, but the package is ", after->ensure),
                            std::move(data));
    }
    return OkWith(std::move(data));
  }

  Reply Unchanged(const PackageState& state) const {
    Json data = StateData(state, provider.name());
    data["changed"] = false;
    return OkWith(std::move(data));
  }
};

PackagePlugin::PackagePlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options)
    : BuiltinPlugin(std::move(ddl)), settings_(options.settings) {}

std::string PackagePlugin::Setting(const char* name) const {
  const auto found = settings_.find(absl::StrCat("package.", name));
  return found == settings_.end() ? "" : found->second;
}

int PackagePlugin::MaxConcurrency(absl::string_view action) const {
  const ddl::Action* known = ddl()->FindAction(action);
  return known != nullptr && known->impact == ddl::Impact::kChange ? 1 : 0;
}

std::string PackagePlugin::ConcurrencySlot(absl::string_view action) const {
  return MaxConcurrency(action) == 1 ? "change" : std::string(action);
}

Reply PackagePlugin::RunAction(const Request& request, const Context& context) {
  const CommandRunner runner(context, Setting("path"));
  const std::string& action = request.action;
  std::string wanted = Setting("provider");
  if (absl::StartsWith(action, "apt_")) wanted = "apt";
  if (absl::StartsWith(action, "yum_")) wanted = runner.Has("dnf") ? "dnf" : "yum";
  const auto provider = MakePackageProvider(wanted, runner, Setting("root"));
  if (!provider.ok()) return ReplyFor(provider.status());

  const Call call{request, **provider, runner, InputText(request, "package"), InputText(request, "version")};
  if (ddl()->FindAction(action)->FindInput("package") != nullptr) {
    if (const absl::Status good = CheckName("package", call.package); !good.ok()) return InvalidInput(good);
  }
  if (!call.version.empty()) {
    if (const absl::Status good = CheckName("version", call.version); !good.ok()) return InvalidInput(good);
  }
  if (action == "status") return Status(call);
  if (action == "install") return Install(call);
  if (action == "update") return Update(call);
  if (action == "uninstall") return Remove(call, /*purge=*/false);
  if (action == "purge") return Remove(call, /*purge=*/true);
  if (action == "count") return Count(call, /*digest=*/false);
  if (action == "md5") return Count(call, /*digest=*/true);
  if (action == "search") return Search(call);
  if (action == "yum_clean") return Clean(call);
  if (action == "refresh" || action == "apt_update") return Refresh(call);
  return CheckUpdates(call);
}

Reply PackagePlugin::Status(const Call& call) const {
  const absl::StatusOr<PackageState> state = call.provider.Query(call.runner, call.package);
  if (!state.ok()) return ReplyFor(state.status());
  return OkWith(StateData(*state, call.provider.name()));
}

Reply PackagePlugin::Install(const Call& call) const {
  const absl::StatusOr<PackageState> before = call.provider.Query(call.runner, call.package);
  if (!before.ok()) return ReplyFor(before.status());
  if (before->installed && (call.version.empty() || before->HasVersion(call.version))) return call.Unchanged(*before);
  return call.Change(
      *before, "install", [&call] { return call.provider.Install(call.runner, call.package, call.version); },
      [&call](const PackageState& after) {
        return after.installed && (call.version.empty() || after.HasVersion(call.version));
      });
}

Reply PackagePlugin::Update(const Call& call) const {
  const absl::StatusOr<PackageState> before = call.provider.Query(call.runner, call.package);
  if (!before.ok()) return ReplyFor(before.status());
  if (!before->installed) {
    return Reply::Aborted(absl::StrCat("package ", call.package, " is not installed; install it instead"),
                          StateData(*before, call.provider.name()));
  }
  return call.Change(
      *before, "update", [&call] { return call.provider.Update(call.runner, call.package); },
      [](const PackageState& after) { return after.installed; });
}

Reply PackagePlugin::Remove(const Call& call, bool purge) const {
  const absl::StatusOr<PackageState> before = call.provider.Query(call.runner, call.package);
  if (!before.ok()) return ReplyFor(before.status());
  const bool nothing_left = before->ensure == "purged" || before->ensure == "absent";
  const bool only_configuration = purge && call.provider.name() == "apt" && before->ensure == "absent";
  if (nothing_left && !only_configuration) return call.Unchanged(*before);
  return call.Change(
      *before, purge ? "purge" : "uninstall",
      [&call, purge] { return call.provider.Remove(call.runner, call.package, purge); },
      [](const PackageState& after) { return !after.installed; });
}

Reply PackagePlugin::Count(const Call& call, bool digest) const {
  const absl::StatusOr<std::vector<std::string>> lines = call.provider.List(call.runner);
  if (!lines.ok()) return ReplyFor(lines.status());
  Json output = lines->size();
  if (digest) output = absl::BytesToHexString(Md5(absl::StrCat(absl::StrJoin(*lines, "\n"), "\n")));
  return OkWith(Json{{"output", output}, {"exitcode", 0}});
}

Reply PackagePlugin::CheckUpdates(const Call& call) const {
  PackageUpdates updates;
  const absl::StatusOr<PackageCommand> command = call.provider.CheckUpdates(call.runner, &updates);
  if (!command.ok()) return ReplyFor(command.status());
  Json data{{"package_manager", std::string(call.provider.name())},
            {"output", command->output},
            {"outdated_packages", PackageList(updates.outdated)},
            {"exitcode", command->exit_code}};
  if (!updates.added.empty()) data["new_packages"] = PackageList(updates.added);
  if (command->ok) return OkWith(std::move(data));
  return Reply::Aborted(absl::StrCat("could not check for updates: ", command->problem), std::move(data));
}

Reply PackagePlugin::Search(const Call& call) const {
  std::vector<AvailablePackage> found;
  const absl::StatusOr<PackageCommand> command = call.provider.Search(call.runner, call.package, &found);
  if (!command.ok()) return ReplyFor(command.status());
  if (!command->ok) return Reply::Aborted(absl::StrCat("could not search: ", command->problem));
  return OkWith(Json{{"package_count", found.size()}, {"available_packages", PackageList(found)}});
}

Reply PackagePlugin::Refresh(const Call& call) const {
  if (const absl::Status lock = call.provider.CheckLock(); !lock.ok()) return ReplyFor(lock);
  const absl::StatusOr<PackageCommand> command = call.provider.Refresh(call.runner);
  if (!command.ok()) return ReplyFor(command.status());
  Json data{{"output", command->output}, {"exitcode", command->exit_code}};
  if (command->ok) return OkWith(std::move(data));
  return Reply::Aborted(absl::StrCat("could not read the package lists: ", command->problem), std::move(data));
}

Reply PackagePlugin::Clean(const Call& call) const {
  std::string mode = InputText(call.request, "mode");
  if (mode.empty()) mode = Setting("yum_clean_mode");
  if (mode.empty()) mode = "all";
  if (const absl::Status good = CheckName("mode", mode); !good.ok()) return InvalidInput(good);
  if (const absl::Status lock = call.provider.CheckLock(); !lock.ok()) return ReplyFor(lock);
  const absl::StatusOr<PackageCommand> command = call.provider.Clean(call.runner, mode);
  if (!command.ok()) return ReplyFor(command.status());
  Json data{{"output", command->output}, {"exitcode", command->exit_code}};
  if (command->ok) return OkWith(std::move(data));
  return Reply::Aborted(absl::StrCat("could not clean ", mode, ": ", command->problem), std::move(data));
}

absl::StatusOr<PackageState> FindPackage(const std::string& package, const Context& context,
                                         const std::map<std::string, std::string>& settings) {
  ORCH_RETURN_IF_ERROR(CheckName("package", package));
  const auto setting = [&settings](const char* name) {
    const auto found = settings.find(name);
    return found == settings.end() ? "" : found->second;
  };
  const CommandRunner runner(context, setting("package.path"));
  ORCH_ASSIGN_OR_RETURN(const std::unique_ptr<PackageProvider> provider,
                        MakePackageProvider(setting("package.provider"), runner, setting("package.root")));
  return provider->Query(runner, package);
}

}  // namespace orch::actions

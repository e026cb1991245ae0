#include "actions/plugins/package/package_plugin.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "actions/plugins/package/package_call.h"
#include "base/status_macros.h"

namespace orch::actions {

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
  // Without a service manager, the scripts of a package start its services themselves.
  const CommandRunner runner = CommandRunner(context, Setting("path")).Leaving();
  const std::string& action = request.action;
  std::string wanted = Setting("provider");
  if (absl::StartsWith(action, "apt_")) wanted = "apt";
  if (absl::StartsWith(action, "yum_")) wanted = runner.Has("dnf") ? "dnf" : "yum";
  const auto provider = MakePackageProvider(wanted, runner, Setting("root"));
  if (!provider.ok()) return ReplyFor(provider.status());

  const ddl::Action& declared = *ddl()->FindAction(action);
  if (declared.FindInput("packages") != nullptr) {
    const absl::StatusOr<std::vector<WantedPackage>> packages = ReadWantedPackages(request);
    if (absl::IsFailedPrecondition(packages.status())) return RefusedInput(packages.status(), kMissingInput);
    if (!packages.ok()) return RefusedInput(packages.status(), kInvalidInput);
    if (!InputText(request, "packages").empty()) return Each(request, **provider, runner, *packages);
    return One({request, **provider, runner, packages->front().name, packages->front().version});
  }
  const PackageCall call{request, **provider, runner, InputText(request, "package"), ""};
  if (declared.FindInput("package") != nullptr) {
    const absl::Status good = CheckPackageWord("package", "package_name", call.package);
    if (!good.ok()) return RefusedInput(good, kInvalidInput);
  }
  if (action == "count") return Count(call, /*digest=*/false);
  if (action == "md5") return Count(call, /*digest=*/true);
  if (action == "search") return Search(call);
  if (action == "yum_clean") return Clean(call);
  if (action == "refresh" || action == "apt_update") return Refresh(call);
  return CheckUpdates(call);
}

Reply PackagePlugin::One(const PackageCall& call) const {
  const std::string& action = call.request.action;
  if (action == "install") return Install(call);
  if (action == "update") return Update(call);
  if (action == "uninstall") return Remove(call, /*purge=*/false);
  if (action == "purge") return Remove(call, /*purge=*/true);
  return Status(call);
}

Reply PackagePlugin::Each(const Request& request, const PackageProvider& provider, const CommandRunner& runner,
                          const std::vector<WantedPackage>& packages) const {
  Json results = Json::array();
  Reply worst;
  size_t failed = 0;
  bool changed = false;
  for (const WantedPackage& package : packages) {
    Reply reply = One({request, provider, runner, package.name, package.version});
    if (reply.status_code != kOk && ++failed == 1) worst = reply;
    Json& result = results.emplace_back(std::move(reply.data));
    changed = changed || result.value("changed", false);
    result["package"] = package.name;
    result["ok"] = reply.status_code == kOk;
    result["message"] = reply.status_message;
  }
  Reply all;
  if (failed > 0) {
    all.status_code = worst.status_code;
    all.error_kind = worst.error_kind;
    all.status_message = absl::StrCat(failed, " of ", packages.size(), " packages: ", worst.status_message);
  }
  all.data = Json{{"provider", std::string(provider.name())}, {"results", std::move(results)}};
  if (request.action != "status") all.data["changed"] = changed;
  return all;
}

Reply PackagePlugin::Status(const PackageCall& call) const {
  const absl::StatusOr<PackageState> state = call.provider.Query(call.runner, call.package);
  if (!state.ok()) return ReplyFor(state.status());
  return OkWith(PackageStateData(*state, call.provider.name()));
}

Reply PackagePlugin::Install(const PackageCall& call) const {
  const absl::StatusOr<PackageState> before = call.provider.Query(call.runner, call.package);
  if (!before.ok()) return ReplyFor(before.status());
  if (before->installed && (call.version.empty() || before->HasVersion(call.version))) return call.Unchanged(*before);
  return call.Change(
      *before, "install", [&call] { return call.provider.Install(call.runner, call.package, call.version); },
      [&call](const PackageState& after) {
        return after.installed && (call.version.empty() || after.HasVersion(call.version));
      });
}

Reply PackagePlugin::Update(const PackageCall& call) const {
  const absl::StatusOr<PackageState> before = call.provider.Query(call.runner, call.package);
  if (!before.ok()) return ReplyFor(before.status());
  if (!before->installed) {
    return Reply::Aborted(absl::StrCat("package ", call.package, " is not installed; install it instead"),
                          PackageStateData(*before, call.provider.name()));
  }
  return call.Change(
      *before, "update", [&call] { return call.provider.Update(call.runner, call.package); },
      [](const PackageState& after) { return after.installed; });
}

Reply PackagePlugin::Remove(const PackageCall& call, bool purge) const {
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

absl::StatusOr<PackageState> FindPackage(const std::string& package, const Context& context,
                                         const std::map<std::string, std::string>& settings) {
  ORCH_RETURN_IF_ERROR(CheckPackageWord("package", "package_name", package));
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

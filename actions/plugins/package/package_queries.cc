// The actions of the plugin "package" that do not concern one installed package.
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "actions/plugins/package/package_call.h"
#include "actions/plugins/package/package_plugin.h"
#include "base/digest.h"

namespace orch::actions {
namespace {

Json PackageList(const std::vector<AvailablePackage>& packages) {
  Json list = Json::array();
  for (const AvailablePackage& package : packages) {
    list.push_back({{"package", package.package}, {"version", package.version}, {"repo", package.repo}});
  }
  return list;
}

}  // namespace

Reply PackagePlugin::Count(const PackageCall& call, bool digest) const {
  const absl::StatusOr<std::vector<std::string>> lines = call.provider.List(call.runner);
  if (!lines.ok()) return ReplyFor(lines.status());
  Json output = lines->size();
  if (digest) output = absl::BytesToHexString(Md5(absl::StrCat(absl::StrJoin(*lines, "\n"), "\n")));
  return OkWith(Json{{"output", output}, {"exitcode", 0}});
}

Reply PackagePlugin::CheckUpdates(const PackageCall& call) const {
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

Reply PackagePlugin::Search(const PackageCall& call) const {
  std::vector<AvailablePackage> found;
  const absl::StatusOr<PackageCommand> command = call.provider.Search(call.runner, call.package, &found);
  if (!command.ok()) return ReplyFor(command.status());
  if (!command->ok) return Reply::Aborted(absl::StrCat("could not search: ", command->problem));
  return OkWith(Json{{"package_count", found.size()}, {"available_packages", PackageList(found)}});
}

Reply PackagePlugin::Refresh(const PackageCall& call) const {
  if (const absl::Status lock = call.provider.CheckLock(); !lock.ok()) return ReplyFor(lock);
  const absl::StatusOr<PackageCommand> command = call.provider.Refresh(call.runner);
  if (!command.ok()) return ReplyFor(command.status());
  Json data{{"output", command->output}, {"exitcode", command->exit_code}};
  if (command->ok) return OkWith(std::move(data));
  return Reply::Aborted(absl::StrCat("could not read the package lists: ", command->problem), std::move(data));
}

Reply PackagePlugin::Clean(const PackageCall& call) const {
  std::string mode = InputText(call.request, "mode");
  if (mode.empty()) mode = Setting("yum_clean_mode");
  if (mode.empty()) mode = "all";
  if (const absl::Status good = CheckPackageWord("mode", "package_name", mode); !good.ok())
    return RefusedInput(good, kInvalidInput);
  if (const absl::Status lock = call.provider.CheckLock(); !lock.ok()) return ReplyFor(lock);
  const absl::StatusOr<PackageCommand> command = call.provider.Clean(call.runner, mode);
  if (!command.ok()) return ReplyFor(command.status());
  Json data{{"output", command->output}, {"exitcode", command->exit_code}};
  if (command->ok) return OkWith(std::move(data));
  return Reply::Aborted(absl::StrCat("could not clean ", mode, ": ", command->problem), std::move(data));
}

}  // namespace orch::actions

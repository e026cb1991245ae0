#include "actions/plugins/package/package_call.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "actions/ddl/validate.h"
#include "actions/ddl/validators.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

// The named validators with the rules of package managers.
constexpr char kPackageName[] = "package_name";
constexpr char kVersion[] = "package_version";

}  // namespace

Json PackageStateData(const PackageState& state, absl::string_view provider) {
  Json data{{"name", state.name}, {"ensure", state.ensure}, {"provider", std::string(provider)}};
  for (const auto& [key, value] : {std::pair("version", &state.version), std::pair("release", &state.release),
                                   std::pair("epoch", &state.epoch), std::pair("arch", &state.arch)}) {
    if (!value->empty()) data[key] = *value;
  }
  if (state.others.empty()) return data;
  Json& versions = data["versions"] = Json::array({state.ensure});
  for (const PackageState& other : state.others) versions.push_back(other.ensure);
  return data;
}

absl::Status CheckPackageWord(const char* input, const char* validator, const std::string& value) {
  const absl::Status good = ddl::CheckNamedValidator(validator, value);
  if (good.ok()) return good;
  return absl::InvalidArgumentError(
      absl::StrCat("input '", input, "': ", good.message(), ", found '", absl::CHexEscape(value.substr(0, 60)), "'"));
}

absl::StatusOr<std::vector<WantedPackage>> ReadWantedPackages(const Request& request) {
  const std::string one = InputText(request, "package"), many = InputText(request, "packages");
  const std::string version = InputText(request, "version");
  if (one.empty() == many.empty()) {
    return one.empty() ? absl::FailedPreconditionError("input 'package' is missing, or 'packages' in its place")
                       : absl::InvalidArgumentError("inputs 'package' and 'packages' exclude each other");
  }
  std::vector<WantedPackage> wanted;
  if (!one.empty()) wanted.push_back({one, version});
  if (!many.empty() && !version.empty()) {
    return absl::InvalidArgumentError("input 'version' goes with 'package'; in 'packages' write name=version");
  }
  for (const absl::string_view item : absl::StrSplit(many, ',', absl::SkipWhitespace())) {
    const std::vector<std::string> parts = absl::StrSplit(absl::StripAsciiWhitespace(item), absl::MaxSplits('=', 1));
    if (parts.size() > 1 && request.action != "install") {
      return absl::InvalidArgumentError(absl::StrCat("input 'packages': only install takes a version, found '",
                                                     absl::CHexEscape(item.substr(0, 60)), "'"));
    }
    wanted.push_back({parts[0], parts.size() > 1 ? parts[1] : ""});
    if (parts.size() > 1) ORCH_RETURN_IF_ERROR(CheckPackageWord("packages", kVersion, parts[1]));
  }
  if (wanted.empty()) return absl::InvalidArgumentError("input 'packages': holds no name");
  if (wanted.size() > kMaxWantedPackages) {
    return absl::InvalidArgumentError(absl::StrCat("input 'packages': holds more than ", kMaxWantedPackages));
  }
  for (const WantedPackage& package : wanted) {
    ORCH_RETURN_IF_ERROR(CheckPackageWord(many.empty() ? "package" : "packages", kPackageName, package.name));
  }
  if (!version.empty()) ORCH_RETURN_IF_ERROR(CheckPackageWord("version", kVersion, version));
  return wanted;
}

Reply PackageCall::Change(const PackageState& before, const char* what,
                          const std::function<absl::StatusOr<PackageCommand>()>& change,
                          const std::function<bool(const PackageState&)>& reached) const {
  if (const absl::Status lock = provider.CheckLock(); !lock.ok()) {
    return ReplyFor(lock, PackageStateData(before, provider.name()));
  }
  const absl::StatusOr<PackageCommand> command = change();
  if (!command.ok()) return ReplyFor(command.status(), PackageStateData(before, provider.name()));
  const absl::StatusOr<PackageState> after = provider.Query(runner, package);
  Json data = PackageStateData(after.ok() ? *after : before, provider.name());
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

Reply PackageCall::Unchanged(const PackageState& state) const {
  Json data = PackageStateData(state, provider.name());
  data["changed"] = false;
  return OkWith(std::move(data));
}

Reply RefusedInput(const absl::Status& status, StatusCode code) {
  Reply reply = Reply::Aborted(std::string(status.message()));
  reply.status_code = code;
  return reply;
}

Reply OkWith(Json data) {
  Reply reply;
  reply.data = std::move(data);
  return reply;
}

}  // namespace orch::actions

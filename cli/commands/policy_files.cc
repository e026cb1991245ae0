#include "cli/commands/policy_files.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kAccessName[] = "access.yaml";
constexpr absl::string_view kPolicySuffix = ".policy";

absl::Status AddAccess(const std::string& path, PolicyFiles* files) {
  ORCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, auth::kMaxAccessFileBytes));
  absl::StatusOr<auth::AccessRules> rules = auth::AccessRules::Parse(text, path, &files->problems);
  files->files.push_back({path, std::nullopt});
  if (!rules.ok()) return absl::OkStatus();
  files->files.back().rules = rules->rules().size();
  files->access = *std::move(rules);
  return absl::OkStatus();
}

// `only` is the name of the one file that is meant; empty: all of the folder.
void AddPolicies(const std::string& folder, const std::string& only, PolicyFiles* files) {
  const auth::PolicyFolder policies({.folder = folder, .use_default = true, .check_owners = false});
  files->policies = policies.current();
  const std::string meant = absl::StrCat(folder, "/", only);
  for (const std::string& path : files->policies->files()) {
    if (only.empty() || path == meant) files->files.push_back({path, std::nullopt});
  }
  for (const auth::AccessProblem& problem : files->policies->problems()) {
    if (only.empty() || problem.place == meant || absl::StartsWith(problem.place, absl::StrCat(meant, ":"))) {
      files->problems.push_back(problem);
    }
  }
}

absl::Status AddPolicyFolder(const std::string& path, PolicyFiles* files) {
  const std::string access = absl::StrCat(path, "/", kAccessName);
  std::error_code ignored;
  const bool has_access = fs::exists(access, ignored);
  if (has_access) ORCH_RETURN_IF_ERROR(AddAccess(access, files));
  AddPolicies(path, "", files);
  if (!has_access && files->policies->files().empty() && files->policies->problems().empty() &&
      path != kPoliciesFolder) {
    return absl::NotFoundError(absl::StrCat(path, " holds neither access.yaml nor a file that ends in .policy"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status AddPolicyFiles(const std::string& path, PolicyFiles* files) {
  std::error_code error;
  if (!fs::exists(path, error)) return absl::NotFoundError(absl::StrCat(path, " is not there"));
  const std::string name = fs::path(path).filename().string();
  const std::string parent = fs::path(path).has_parent_path() ? fs::path(path).parent_path().string() : ".";
  absl::Status added;
  if (fs::is_directory(path, error)) {
    added = AddPolicyFolder(std::string(absl::StripSuffix(path, "/")), files);
  } else if (name == "groups" || absl::EndsWith(name, kPolicySuffix)) {
    files->plugin = name == "groups" ? "" : std::string(absl::StripSuffix(name, kPolicySuffix));
    AddPolicies(parent, name, files);
  } else {
    added = AddAccess(path, files);
  }
  for (const auth::AccessProblem& problem : files->problems) files->has_fault = files->has_fault || problem.fatal;
  return added;
}

}  // namespace orch::cli

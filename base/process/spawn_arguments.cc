#include "base/process/spawn_arguments.h"

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/process/find_program.h"
#include "base/process/process_spec.h"
#include "base/status_macros.h"

namespace orch {
namespace {

constexpr char kLocale[] = "C.UTF-8";

std::string HomeFolder() {
  const char* home = getenv("HOME");
  return home == nullptr || *home == '\0' ? "/root" : home;
}

absl::Status CheckSpec(const ProcessSpec& spec) {
  if (spec.argv.empty() || spec.argv[0].empty()) return absl::InvalidArgumentError("no program to run is given");
  for (const std::string& argument : spec.argv) {
    if (absl::StrContains(argument, '\0')) {
      return absl::InvalidArgumentError(absl::StrCat("cannot run ", spec.argv[0], ": an argument holds a NUL byte"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<SpawnArguments>> SpawnArguments::Make(const ProcessSpec& spec) {
  ORCH_RETURN_IF_ERROR(CheckSpec(spec));
  const auto given_path = spec.env.find("PATH");
  const std::string path = given_path != spec.env.end() ? given_path->second : SearchPath();
  ORCH_ASSIGN_OR_RETURN(std::string program, FindProgram(spec.argv[0], path));
  return std::unique_ptr<SpawnArguments>(new SpawnArguments(spec, std::move(program), path));
}

SpawnArguments::SpawnArguments(const ProcessSpec& spec, std::string program, const std::string& path)
    : program_(std::move(program)), cwd_(spec.cwd.empty() ? "/" : spec.cwd), argv_text_(spec.argv) {
  std::map<std::string, std::string> env = spec.env;
  env.emplace("PATH", path);
  if (!spec.bare_env) env.emplace("HOME", HomeFolder());
  // Keeps messages English and makes Ruby, Python and Perl take text for UTF-8.
  for (const char* name : {"LANG", "LC_ALL"}) env.emplace(name, kLocale);
  for (const auto& [name, value] : env) env_text_.push_back(absl::StrCat(name, "=", value));
  for (std::string& text : argv_text_) argv_.push_back(text.data());
  for (std::string& text : env_text_) envp_.push_back(text.data());
  argv_.push_back(nullptr);
  envp_.push_back(nullptr);
}

SpawnPlan SpawnArguments::Plan(int stdin_fd, int stdout_fd, int stderr_fd) const {
  SpawnPlan plan = {};
  plan.path = program_.c_str();
  plan.argv = argv_.data();
  plan.envp = envp_.data();
  plan.cwd = cwd_.c_str();
  plan.stdin_fd = stdin_fd;
  plan.stdout_fd = stdout_fd;
  plan.stderr_fd = stderr_fd;
  return plan;
}

absl::Status SpawnArguments::Explain(const SpawnFailure& failure) const {
  const int error = failure.error;
  const std::string& program = argv_text_[0];
  switch (failure.stage) {
    case SpawnFailure::Stage::kFolder:
      return ErrnoStatus(error, absl::StrCat("cannot run ", program, ": cannot enter folder ", cwd_));
    case SpawnFailure::Stage::kExec:
      if (error == E2BIG) {
        return absl::InvalidArgumentError(absl::StrCat("cannot run ", program, ": its arguments are too long"));
      }
      if (error == ENOEXEC) {
        return absl::PermissionDeniedError(
            absl::StrCat("cannot run ", program, ": not a program of this machine, and no script with a #! line"));
      }
      return ErrnoStatus(error, absl::StrCat("cannot run ", program));
    default:
      return absl::ResourceExhaustedError(ErrnoStatus(error, absl::StrCat("cannot start ", program)).message());
  }
}

}  // namespace orch

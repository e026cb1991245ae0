#include "base/process/spawn_arguments.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch {
namespace {

constexpr char kDefaultPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

constexpr char kLocale[] = "C.UTF-8";

std::string EnvironmentOr(const char* name, const char* absent) {
  const char* value = getenv(name);
  return value == nullptr || *value == '\0' ? absent : value;
}

absl::StatusOr<std::string> FindInPath(const std::string& name, const std::string& path) {
  const auto usable = [](const std::string& file) {
    struct stat info;
    return stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  };
  const auto runnable = [](const std::string& file) {
    return faccessat(AT_FDCWD, file.c_str(), X_OK, AT_EACCESS) == 0;
  };
  bool seen = false;
  std::vector<std::string> candidates;
  if (absl::StrContains(name, '/')) {
    candidates.push_back(name);
  } else if (!name.empty()) {
    for (absl::string_view folder : absl::StrSplit(path, ':', absl::SkipEmpty())) {
      candidates.push_back(absl::StrCat(folder, "/", name));
    }
  }
  for (const std::string& file : candidates) {
    if (!usable(file)) continue;
    if (runnable(file)) return file;
    seen = true;
  }
  if (seen) return absl::PermissionDeniedError(absl::StrCat("program ", name, " is not executable; set its mode"));
  return absl::NotFoundError(absl::StrCat("program ", name, " is not there",
                                          absl::StrContains(name, '/') ? "" : absl::StrCat(" (looked in ", path, ")")));
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

absl::Status NoResource(absl::string_view what) {
  return absl::ResourceExhaustedError(ErrnoStatus(errno, what).message());
}

absl::Status MakePipe(ProcessFd* read_end, ProcessFd* write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return NoResource("cannot make a pipe");
  const ProcessFd low_read(ends[0]), low_write(ends[1]);
  *read_end = ProcessFd(fcntl(ends[0], F_DUPFD_CLOEXEC, 3));
  *write_end = ProcessFd(fcntl(ends[1], F_DUPFD_CLOEXEC, 3));
  if (read_end->get() < 0 || write_end->get() < 0) return NoResource("cannot make a pipe");
  return absl::OkStatus();
}

absl::StatusOr<std::string> FindProgram(absl::string_view name) {
  return FindInPath(std::string(name), EnvironmentOr("PATH", kDefaultPath));
}

absl::StatusOr<std::unique_ptr<SpawnArguments>> SpawnArguments::Make(const ProcessSpec& spec) {
  ORCH_RETURN_IF_ERROR(CheckSpec(spec));
  const auto given_path = spec.env.find("PATH");
  const std::string path = given_path != spec.env.end() ? given_path->second : EnvironmentOr("PATH", kDefaultPath);
  ORCH_ASSIGN_OR_RETURN(std::string program, FindInPath(spec.argv[0], path));
  return std::unique_ptr<SpawnArguments>(new SpawnArguments(spec, std::move(program), path));
}

SpawnArguments::SpawnArguments(const ProcessSpec& spec, std::string program, const std::string& path)
    : program_(std::move(program)), cwd_(spec.cwd.empty() ? "/" : spec.cwd), argv_text_(spec.argv) {
  std::map<std::string, std::string> env = spec.env;
  env.emplace("PATH", path);
  if (!spec.bare_env) env.emplace("HOME", EnvironmentOr("HOME", "/root"));
  // Messages stay English; what reads text (Ruby, Python, Perl) takes it for UTF-8.
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

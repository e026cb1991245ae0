#include "base/process.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"
#include "base/process_child.h"
#include "base/process_run.h"
#include "base/status_macros.h"

namespace orch {
namespace {

constexpr char kDefaultPath[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

absl::Status NoResource(absl::string_view what) {
  return absl::ResourceExhaustedError(ErrnoStatus(errno, what).message());
}

// Both ends at 3 or above, where the child's dup2 does not reach them.
absl::Status MakePipe(ProcessFd* read_end, ProcessFd* write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return NoResource("cannot make a pipe");
  const ProcessFd low_read(ends[0]), low_write(ends[1]);
  *read_end = ProcessFd(fcntl(ends[0], F_DUPFD_CLOEXEC, 3));
  *write_end = ProcessFd(fcntl(ends[1], F_DUPFD_CLOEXEC, 3));
  if (read_end->get() < 0 || write_end->get() < 0) return NoResource("cannot make a pipe");
  fcntl(read_end->get(), F_SETFL, O_NONBLOCK);
  return absl::OkStatus();
}

// A file in memory holding the whole text: nothing to write while the child runs, no SIGPIPE.
absl::Status MakeStdin(const std::string& text, ProcessFd* fd) {
  ProcessFd low(text.empty() ? open("/dev/null", O_RDONLY | O_CLOEXEC) : memfd_create("stdin", MFD_CLOEXEC));
  if (low.get() < 0) return NoResource("cannot make standard input");
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t written = write(low.get(), text.data() + done, text.size() - done);
    if (written < 0 && errno != EINTR) return NoResource("cannot make standard input");
    if (written > 0) done += written;
  }
  if (!text.empty()) lseek(low.get(), 0, SEEK_SET);
  *fd = ProcessFd(fcntl(low.get(), F_DUPFD_CLOEXEC, 3));
  return fd->get() < 0 ? NoResource("cannot make standard input") : absl::OkStatus();
}

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

absl::Status SpawnStatus(const SpawnFailure& failure, const ProcessSpec& spec) {
  const int error = failure.error;
  const std::string program = spec.argv[0];
  switch (failure.stage) {
    case SpawnFailure::Stage::kFolder:
      return ErrnoStatus(error, absl::StrCat("cannot run ", program, ": cannot enter folder ", spec.cwd));
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

// The vectors execve wants; refers to its own strings.
class Arguments {
 public:
  Arguments(const ProcessSpec& spec, const std::string& path) : argv_text_(spec.argv) {
    std::map<std::string, std::string> env = spec.env;
    env.emplace("PATH", path);
    env.emplace("HOME", EnvironmentOr("HOME", "/root"));
    env.emplace("LC_ALL", "C");
    for (const auto& [name, value] : env) env_text_.push_back(absl::StrCat(name, "=", value));
    for (std::string& text : argv_text_) argv_.push_back(text.data());
    for (std::string& text : env_text_) envp_.push_back(text.data());
    argv_.push_back(nullptr);
    envp_.push_back(nullptr);
  }
  char* const* argv() const { return argv_.data(); }
  char* const* envp() const { return envp_.data(); }

 private:
  std::vector<std::string> argv_text_, env_text_;
  std::vector<char*> argv_, envp_;
};

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

CancelToken::CancelToken() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

CancelToken::~CancelToken() {
  if (fd_ >= 0) close(fd_);
}

void CancelToken::Cancel() {
  if (cancelled_.exchange(true, std::memory_order_acq_rel)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(fd_, &one, sizeof one);
}

absl::StatusOr<std::string> FindProgram(absl::string_view name) {
  return FindInPath(std::string(name), EnvironmentOr("PATH", kDefaultPath));
}

absl::StatusOr<ProcessResult> RunProcess(const ProcessSpec& spec, const Clock& clock) {
  ORCH_RETURN_IF_ERROR(CheckSpec(spec));
  if (spec.cancel != nullptr && spec.cancel->cancelled()) {
    ProcessResult never_started;
    never_started.end = ProcessResult::End::kCancelled;
    return never_started;
  }
  const auto given_path = spec.env.find("PATH");
  const std::string path = given_path != spec.env.end() ? given_path->second : EnvironmentOr("PATH", kDefaultPath);
  ORCH_ASSIGN_OR_RETURN(const std::string program, FindInPath(spec.argv[0], path));
  ProcessFd in, out, out_child, err, err_child;
  ORCH_RETURN_IF_ERROR(MakeStdin(spec.stdin_text, &in));
  ORCH_RETURN_IF_ERROR(MakePipe(&out, &out_child));
  ORCH_RETURN_IF_ERROR(MakePipe(&err, &err_child));
  const Arguments arguments(spec, path);
  const SpawnPlan plan{program.c_str(), arguments.argv(), arguments.envp(), spec.cwd.empty() ? "/" : spec.cwd.c_str(),
                       in.get(),        out_child.get(),  err_child.get()};
  SpawnFailure failure;
  const pid_t pid = SpawnChild(plan, &failure);
  if (pid < 0) return SpawnStatus(failure, spec);
  in.Close();
  out_child.Close();
  err_child.Close();
  return RunningProcess(pid, spec, clock, std::move(out), std::move(err)).Run();
}

}  // namespace orch

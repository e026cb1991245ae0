#include "actions/plugins/shell/shell_plugin.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/json_number.h"
#include "base/process/process.h"
#include "base/process/process_spec.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr char kPoliciesFolder[] = "/etc/orch/policies";
constexpr size_t kShownCommand = 100;  // of a job in a list
constexpr size_t kUserBufferBytes = 16u << 10;
constexpr absl::Duration kShellGrace = absl::Seconds(2);
constexpr absl::Duration kShellEndReserve = absl::Milliseconds(200);  // to see the last of it ended, and to say so

absl::Status CheckPolicyFile(const std::string& file) {
  const std::string need = "plugin.shell.allow is set, but a policy must say who may use it: ";
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) {
    return absl::FailedPreconditionError(ErrnoStatus(errno, absl::StrCat(need, "cannot open ", file)).message());
  }
  struct stat info;
  const int result = fstat(fd, &info);
  close(fd);
  const auto wrong = [&](const char* what) { return absl::FailedPreconditionError(absl::StrCat(need, file, what)); };
  if (result != 0 || !S_ISREG(info.st_mode)) return wrong(" is no file");
  if (info.st_size == 0) return wrong(" is empty");
  if (info.st_uid != 0 && info.st_uid != geteuid()) return wrong(" belongs neither to root nor to the agent's user");
  if ((info.st_mode & (S_IWGRP | S_IWOTH)) != 0) return wrong(" may be written by others; chmod go-w");
  return absl::OkStatus();
}

// Returns /bin/sh -c COMMAND, as another user if the request names one.
absl::StatusOr<ProcessSpec> ProcessSpecOf(const Request& request) {
  ProcessSpec spec;
  spec.argv = {"/bin/sh", "-c", InputText(request, "command")};
  if (absl::StrContains(spec.argv[2], '\0')) return absl::InvalidArgumentError("input 'command': must not hold NUL");
  const std::string user = InputText(request, "user");
  if (user.empty()) return spec;
  passwd entry;
  passwd* found = nullptr;
  std::string buffer(kUserBufferBytes, '\0');
  if (getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("input 'user': this node has no user ", user));
  }
  if (found->pw_uid == geteuid()) return spec;
  if (geteuid() != 0) {
    return absl::FailedPreconditionError(absl::StrCat("cannot run as ", user, ": the agent is not root here"));
  }
  const std::vector<std::string> become = {"setpriv", absl::StrCat("--reuid=", found->pw_uid),
                                           absl::StrCat("--regid=", found->pw_gid), "--init-groups", "--"};
  spec.argv.insert(spec.argv.begin(), become.begin(), become.end());
  spec.env = {{"HOME", found->pw_dir}, {"USER", user}, {"LOGNAME", user}};
  return spec;
}

Reply ShellRefused(const absl::Status& status) {
  Reply reply = ReplyFor(status);
  if (absl::IsInvalidArgument(status)) reply.status_code = kInvalidInput;
  return reply;
}

Reply ShellOk(Json data) {
  Reply reply;
  reply.data = std::move(data);
  return reply;
}

double Number(const Request& request, const char* name, double absent) {
  const auto found = request.inputs.find(name);
  return found != request.inputs.end() && IsNumber(*found) ? NumberAsDouble(*found) : absent;
}

size_t Offset(const Request& request, const char* name) {
  return static_cast<size_t>(std::clamp(Number(request, name, 0), 0.0, static_cast<double>(kMaxShellSpool)));
}

}  // namespace

ShellPlugin::ShellPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options)
    : BuiltinPlugin(std::move(ddl)), jobs_(options.shell_jobs) {}

absl::StatusOr<std::shared_ptr<Plugin>> ShellPlugin::Create(std::shared_ptr<const ddl::Plugin> ddl,
                                                            const BuiltinOptions& options, const Clock*) {
  if (!SettingIsOn(options.settings, "shell.allow")) return absl::CancelledError("plugin.shell.allow is not set");
  const auto found = options.settings.find("shell.policies_dir");
  const bool given = found != options.settings.end() && !found->second.empty();
  ORCH_RETURN_IF_ERROR(CheckPolicyFile(absl::StrCat(given ? found->second : kPoliciesFolder, "/shell.policy")));
  return std::shared_ptr<Plugin>(new ShellPlugin(std::move(ddl), options));
}

Reply ShellPlugin::RunAction(const Request& request, const Context& context) {
  if (request.action == "run") return RunNow(request, context);
  if (jobs_ == nullptr) return Reply::Failure(ErrorKind::kProtocol, "shell jobs need the agent itself");
  if (request.action == "start") return Start(request);
  if (request.action == "status") return Status(request);
  if (request.action == "list") return List();
  const absl::Status killed = jobs_->Kill(InputText(request, "handle"));
  return killed.ok() ? Reply() : ReplyFor(killed);
}

Reply ShellPlugin::RunNow(const Request& request, const Context& context) const {
  absl::StatusOr<ProcessSpec> spec = ProcessSpecOf(request);
  if (!spec.ok()) return ShellRefused(spec.status());
  absl::Duration limit = context.timeout;
  if (const double seconds = Number(request, "timeout", 0); seconds > 0)
    limit = std::min(limit, absl::Seconds(seconds));
  spec->kill_grace = std::min(kShellGrace, limit / 4);
  spec->timeout = limit - spec->kill_grace - std::min(kShellEndReserve, limit / 10);
  spec->cancel = context.cancel;
  spec->on_output = context.on_output;
  absl::StatusOr<ProcessResult> result = RunProcess(*spec, *context.clock);
  if (!result.ok()) return ReplyFor(result.status());
  Json data{{"stdout", std::move(result->out)}, {"stderr", std::move(result->err)}, {"success", result->ok()}};
  if (result->out_truncated || result->err_truncated) data["truncated"] = true;
  switch (result->end) {
    case ProcessResult::End::kExited:
      data["exitcode"] = result->exit_code;
      return ShellOk(std::move(data));
    case ProcessResult::End::kSignalled:
      return Reply::Failure(ErrorKind::kCrash, absl::StrCat("the command was ended by signal ", result->signal),
                            std::move(data));
    case ProcessResult::End::kCancelled:
      return Reply::Failure(ErrorKind::kCancelled, "the command was ended: the job was cancelled", std::move(data));
    default:
      return Reply::Failure(ErrorKind::kTimeout, "the command took too long and was ended", std::move(data));
  }
}

Reply ShellPlugin::Start(const Request& request) const {
  absl::StatusOr<ProcessSpec> spec = ProcessSpecOf(request);
  if (!spec.ok()) return ShellRefused(spec.status());
  const absl::StatusOr<std::string> handle = jobs_->Start(InputText(request, "command"), *std::move(spec));
  if (!handle.ok()) return ReplyFor(handle.status());
  return ShellOk(Json{{"handle", *handle}});
}

Reply ShellPlugin::Status(const Request& request) const {
  const absl::StatusOr<ShellJobs::Status> job =
      jobs_->Get(InputText(request, "handle"), Offset(request, "stdout_offset"), Offset(request, "stderr_offset"));
  if (!job.ok()) return ReplyFor(job.status());
  Json data{{"status", job->state}, {"stdout", job->out}, {"stderr", job->err}};
  if (job->exit_code >= 0) data["exitcode"] = job->exit_code;
  if (job->truncated) data["truncated"] = true;
  Reply reply = ShellOk(std::move(data));
  if (!job->problem.empty()) reply.status_message = job->problem;
  return reply;
}

Reply ShellPlugin::List() const {
  Json jobs = Json::object();
  for (const ShellJobs::Status& job : jobs_->List()) {
    jobs[job.handle] = {{"id", job.handle}, {"command", job.command.substr(0, kShownCommand)}, {"status", job.state}};
  }
  return ShellOk(Json{{"jobs", std::move(jobs)}});
}

}  // namespace orch::actions

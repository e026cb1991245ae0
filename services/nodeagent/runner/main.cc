// orch-taskrunner: runs one action that changes the node in a process of its own, so that the action goes on when the
// agent ends. Only the agent starts it; task_folder.h lists the files by which the two communicate.
#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/process/cancel_token.h"
#include "base/process/process_spec.h"
#include "services/nodeagent/runner/output_writer.h"
#include "services/nodeagent/runner/run_action.h"
#include "services/nodeagent/runner/runner_node.h"
#include "services/nodeagent/runner/task_folder.h"

namespace orch::nodeagent {
namespace {

// An action that has not returned so long after its deadline never will.
constexpr absl::Duration kLongestEnd = absl::Seconds(8);

// Lets the first caller leave an outcome; the other one waits for the process to end.
int Leave(const std::string& folder, const TaskOutcome& outcome) {
  static std::atomic_flag leaving;
  while (leaving.test_and_set()) pause();
  ORCH_FAILPOINT("runner.before_outcome");
  const absl::Status written = LeaveOutcome(folder, outcome);
  ORCH_FAILPOINT("runner.after_outcome");
  if (written.ok()) return 0;
  LogError("the outcome of a task cannot be written", {{"why", std::string(written.message())}});
  return kExitNoOutcome;
}

// Returns false if the time ran out first. A wait for signals may end early without cause.
bool AwaitSigterm(const Clock& clock, absl::Duration limit) {
  sigset_t told;
  sigemptyset(&told);
  sigaddset(&told, SIGTERM);
  const absl::Duration deadline = clock.Steady() + limit;
  for (absl::Duration left = limit; left > absl::ZeroDuration(); left = deadline - clock.Steady()) {
    const timespec wait = absl::ToTimespec(left);
    if (sigtimedwait(&told, nullptr, &wait) == SIGTERM) return true;
  }
  return false;
}

// Ends the action on a signal or at its deadline, and the process if the action does not end.
void Watch(const std::string& folder, absl::Duration timeout, const Clock& clock, const OutputWriter& output,
           CancelToken* cancel) {
  const bool cancelled = AwaitSigterm(clock, timeout + kLongestEnd);
  cancel->Cancel();
  AwaitSigterm(clock, kLongestEnd);  // for what the action started to be ended; told twice: at once
  fflush(nullptr);
  const actions::Reply reply =
      actions::Reply::Failure(cancelled ? actions::ErrorKind::kCancelled : actions::ErrorKind::kTimeout,
                              "the action would not end; its process was ended");
  _exit(Leave(folder, {reply, output.printed()}));
}

actions::Reply RunTask(const TaskFile& task, const Clock& clock, const CancelToken& cancel, OutputWriter* output) {
  const std::shared_ptr<actions::Catalog> catalog = actions::BuildCatalog(task.catalog, &clock, &cancel);
  const std::shared_ptr<actions::Plugin> plugin = catalog->Find(task.request.plugin);
  const ddl::Action* action = plugin == nullptr ? nullptr : plugin->ddl()->FindAction(task.request.action);
  if (action == nullptr) {
    const std::string why = catalog->problems().empty() ? "it is not there any more" : catalog->problems()[0].reason;
    return actions::Reply::Failure(actions::ErrorKind::kCrash,
                                   absl::StrCat("plugin ", task.request.plugin, " cannot be loaded: ", why));
  }
  RunnerNode node(&task, &clock);
  actions::Context context{
      .clock = &clock, .node = &node, .cancel = &cancel, .timeout = task.timeout, .on_output = nullptr};
  if (output->wanted()) {
    context.on_output = [output](ProcessStream stream, absl::string_view piece) { output->Write(stream, piece); };
  }
  return RunAction(plugin.get(), *action, task.request, context);
}

absl::StatusOr<std::string> ReadStandardInput() {
  std::string text;
  char buffer[65536];
  while (text.size() <= kMaxTaskFileBytes) {
    const ssize_t got = read(0, buffer, sizeof buffer);
    if (got < 0) return ErrnoStatus(errno, "cannot read the task");
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
  return absl::ResourceExhaustedError("the task is too large");
}

int Run(const std::string& folder) {
  const absl::StatusOr<std::string> text = ReadStandardInput();
  const absl::StatusOr<TaskFile> task = text.ok() ? TaskFile::FromText(*text) : text.status();
  if (!task.ok()) {
    return Leave(folder, {actions::Reply::Failure(actions::ErrorKind::kCrash, std::string(task.status().message()))});
  }
  [[maybe_unused]] const absl::Status log =
      InitLog(static_cast<LogLevel>(task->log_level), task->log_json, task->log_file);
  FILE* pid = fopen(PidPath(folder).c_str(), "r+e");  // not truncated: that would free the reserved space
  if (pid == nullptr) pid = fopen(PidPath(folder).c_str(), "we");
  if (pid != nullptr) {
    fprintf(pid, "%d\n", getpid());
    fclose(pid);
  }
  ORCH_FAILPOINT("runner.started");
  const SystemClock clock;
  CancelToken cancel;
  OutputWriter output(OutputPath(folder));
  std::thread([&] { Watch(folder, task->timeout, clock, output, &cancel); }).detach();
  const actions::Reply reply = RunTask(*task, clock, cancel, &output);
  const int code = Leave(folder, {reply, output.printed()});
  fflush(nullptr);
  _exit(code);  // the watching thread is never joined
}

}  // namespace
}  // namespace orch::nodeagent

int main(int argc, char** argv) {
  if (argc != 2 || argv[1][0] != '/') {
    fputs("orch-taskrunner is started by orch-nodeagent, with the folder of a task\n", stderr);
    return 2;
  }
  sigset_t told;
  sigemptyset(&told);
  sigaddset(&told, SIGTERM);
  sigprocmask(SIG_BLOCK, &told, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGXFSZ, SIG_IGN);
  // If a guard was killed, the processes it guarded became children of this process, and are found here.
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  return orch::nodeagent::Run(argv[1]);
}

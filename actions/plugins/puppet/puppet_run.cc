#include "actions/plugins/puppet/puppet_run.h"

#include <poll.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "actions/core/builtin_plugin.h"
#include "actions/plugins/puppet/last_run.h"
#include "actions/plugins/puppet/puppet_state.h"
#include "base/durable_file.h"
#include "base/process/cancel_token.h"
#include "base/process/detached_process.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxRunLog = 1u << 20;
constexpr size_t kMaxRunProblemBytes = 600;
constexpr size_t kProblemLines = 3;
constexpr absl::Duration kAnswerMargin = absl::Milliseconds(200);     // to say in time that it goes on
constexpr absl::Duration kRunPollInterval = absl::Milliseconds(500);  // at a run of the node's own
// The exit codes of puppet agent --detailed-exitcodes.
constexpr int kNothingChanged = 0;
constexpr int kNothingApplied = 1;
constexpr int kChanged = 2;

Reply Done(Json data) {
  Reply reply;
  reply.data = std::move(data);
  return reply;
}

// The reason why no run may begin now; empty if one may.
struct Obstacle {
  std::string reason;
  bool passes = false;  // by itself, when another run has ended
};

Obstacle FindObstacle(const PuppetRunOptions& options, const PuppetState& state, PuppetMemory* memory) {
  if (!state.enabled) {
    return {state.disable_message.empty() ? "Puppet is disabled"
                                          : absl::StrCat("Puppet is disabled: '", state.disable_message, "'")};
  }
  if (state.applying) return {"Puppet is currently applying a catalog, cannot run now", /*passes=*/true};
  const pid_t started = memory->started_run.load();
  if (started == 0 || options.force || !IsPuppetProcess(started)) return {};
  return {absl::StrCat("a Puppet run that was asked for before is about to begin, as process ", started,
                       "; give force=true to run now"),
          /*passes=*/true};
}

// Blocks for a moment if there is still time for a run afterwards.
absl::Status AwaitAnotherLook(const CommandRunner& runner, const std::string& obstacle) {
  const absl::Duration left = runner.Left() - kAnswerMargin;
  if (left <= absl::ZeroDuration()) {
    return absl::DeadlineExceededError(
        absl::StrCat("no Puppet run was started: until the job's time ran out, ", obstacle));
  }
  const CancelToken* cancel = runner.context().cancel;
  struct pollfd watched = {cancel == nullptr ? -1 : cancel->fd(), POLLIN, 0};
  poll(&watched, 1, static_cast<int>(absl::ToInt64Milliseconds(std::min(left, kRunPollInterval))) + 1);
  if (cancel == nullptr || !cancel->cancelled()) return absl::OkStatus();
  return absl::CancelledError("no Puppet run was started: the job was cancelled while another run was under way");
}

// Returns the last lines of a run, or its errors if there are any.
std::string LastWords(const std::string& log) {
  const std::string text = ReadFile(log, kMaxRunLog).value_or("");
  std::vector<std::string> lines, errors;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipWhitespace())) {
    lines.emplace_back(line);
    if (absl::StartsWith(line, "Error:")) errors.emplace_back(line);
  }
  std::vector<std::string>& told = errors.empty() ? lines : errors;
  if (told.size() > kProblemLines) told.erase(told.begin(), told.end() - kProblemLines);
  const std::string words = absl::StrJoin(told, "; ");
  return words.size() <= kMaxRunProblemBytes ? words : words.substr(words.size() - kMaxRunProblemBytes);
}

// Detects "Run of Puppet configuration client already in progress; skipping": another run took the lock first.
bool GaveWay(const std::string& log) {
  return absl::StrContains(ReadFile(log, kMaxRunLog).value_or(""), "already in progress; skipping");
}

// Returns the result of the run if its summary is newer than its start.
std::string AddOutcome(const PuppetFiles& files, int64_t initiated_at, Json* data) {
  const absl::StatusOr<LastRun> run = ReadLastRun(files.summary);
  if (!run.ok() || run->lastrun < initiated_at) return "";
  (*data)["changed_resources"] = run->changed;
  (*data)["failed_resources"] = run->failed;
  (*data)["total_resources"] = run->total;
  (*data)["total_time"] = run->total_time;
  const std::string problem = CatalogProblem(*run, files.report);
  return absl::StrFormat("%d of %d resources changed, %d failed, in %.2f seconds%s%s", run->changed, run->total,
                         run->failed, run->total_time, problem.empty() ? "" : "; ", problem);
}

// Returns nothing if the run was skipped because another one had begun.
std::optional<Reply> AwaitEnd(DetachedProcess* run, const PuppetFiles& files, const std::string& log, Json data,
                              const Context& context) {
  const absl::StatusOr<DetachedProcess::End> end =
      run->Wait(std::max(context.timeout - kAnswerMargin, context.timeout / 2), *context.clock, context.cancel);
  if (!end.ok()) {
    return ReplyFor(
        absl::Status(end.status().code(), absl::StrCat("the Puppet run goes on as process ", run->pid(),
                                                       ", without anybody waiting for it: ", end.status().message())),
        std::move(data));
  }
  if (end->exit_code == kNothingApplied && GaveWay(log)) {
    return std::nullopt;
  }
  data["exitcode"] = end->exit_code;
  // If nothing was applied, a newer summary belongs to another run.
  std::string outcome;
  if (end->exit_code != kNothingApplied) outcome = AddOutcome(files, data["initiated_at"].get<int64_t>(), &data);
  if (end->signal == 0 && (end->exit_code == kNothingChanged || end->exit_code == kChanged)) {
    data["summary"] = absl::StrCat("Puppet run ended", outcome.empty() ? "" : ": ", outcome);
    return Done(std::move(data));
  }
  const std::string how =
      end->signal != 0 ? absl::StrCat("signal ", end->signal) : absl::StrCat("exit code ", end->exit_code);
  const std::string words = LastWords(log);
  std::string message = absl::StrCat("Puppet run failed (", how, ")");
  for (const std::string& part : {outcome, words}) {
    if (!part.empty()) absl::StrAppend(&message, ": ", part);
  }
  data["summary"] = message;
  return Reply::Aborted(std::move(message), std::move(data));
}

std::optional<Reply> StartRun(const PuppetRunOptions& options, std::vector<std::string> command,
                              const PuppetProgram& program, const PuppetFiles& files, PuppetMemory* memory,
                              const Context& context) {
  const std::string shown = absl::StrJoin(command, " ");
  if (options.wait) command.emplace_back("--detailed-exitcodes");
  DetachedProcess::Options process;
  process.process.argv = std::move(command);
  process.process.env = PuppetProgram::Environment();
  process.process.env["PATH"] = program.Path();
  process.log_file = absl::StrCat(files.state_folder, "/orch_run.log");
  process.max_log = kMaxRunLog;
  std::error_code ignored;
  std::filesystem::create_directories(files.state_folder, ignored);  // Puppet makes it with its first run
  Json data{{"initiated_at", absl::ToUnixSeconds(context.clock->Now())}, {"method", "run"}};
  const absl::StatusOr<std::unique_ptr<DetachedProcess>> run = DetachedProcess::Start(process);
  if (!run.ok()) return Reply::Aborted(absl::StrCat("could not start Puppet: ", run.status().message()));
  memory->started_run.store((*run)->pid());
  data["summary"] = absl::StrCat("Started a Puppet run using the '", shown, "' command");
  if (!options.wait) return Done(std::move(data));
  return AwaitEnd(run->get(), files, process.log_file, std::move(data), context);
}

// Starts the run by a signal to an idle daemon or as a process of its own.
std::optional<Reply> BeginRun(const PuppetRunOptions& options, const std::vector<std::string>& command,
                              const PuppetProgram& program, const PuppetFiles& files, const PuppetState& state,
                              PuppetMemory* memory, const Context& context) {
  if (state.idling && !options.Any() && program.Flag("signal_daemon", true)) {
    const absl::Status signalled = SignalPuppetDaemon(files);
    if (signalled.ok()) {
      return Done({{"initiated_at", absl::ToUnixSeconds(context.clock->Now())},
                   {"method", "signal"},
                   {"summary", "Signalled the running Puppet Daemon"}});
    }
    if (!absl::IsNotFound(signalled)) return ReplyFor(signalled);
  }
  return StartRun(options, command, program, files, memory, context);
}

}  // namespace

Reply RunPuppet(const PuppetRunOptions& options, const std::vector<std::string>& command, const PuppetProgram& program,
                PuppetMemory* memory, const Context& context) {
  const CommandRunner runner(context, program.Path());
  const absl::StatusOr<PuppetFiles> files = memory->Files(program, runner);
  if (!files.ok()) return ReplyFor(files.status());
  for (;;) {
    const absl::StatusOr<PuppetState> state = ReadPuppetState(*files, *context.clock);
    if (!state.ok()) return ReplyFor(state.status());
    Obstacle obstacle = FindObstacle(options, *state, memory);
    if (!obstacle.reason.empty() && !(options.wait && obstacle.passes)) return Reply::Aborted(obstacle.reason);
    if (obstacle.reason.empty()) {
      Context left = context;
      left.timeout = runner.Left();
      std::optional<Reply> reply = BeginRun(options, command, program, *files, *state, memory, left);
      if (reply.has_value()) return *std::move(reply);
      obstacle.reason = "other Puppet runs came first";
    }
    if (const absl::Status wait = AwaitAnotherLook(runner, obstacle.reason); !wait.ok()) return ReplyFor(wait);
  }
}

}  // namespace orch::actions

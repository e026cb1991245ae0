// orch-nodeagent: the service that runs on every node.
#include <getopt.h>
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "auth/library_log.h"
#include "base/daemon/service.h"
#include "base/foreign_text.h"
#include "base/latch.h"
#include "base/log.h"
#include "base/loop_executor.h"
#include "base/version.h"
#include "services/nodeagent/agent.h"
#include "services/nodeagent/enrol.h"
#include "services/nodeagent/facts/builtin.h"

namespace orch::nodeagent {
namespace {

constexpr char kUsage[] =
    "Usage: orch-nodeagent [-c FILE] [--check-config] [--version] [--help]\n"
    "       orch-nodeagent enrol [options]        give this node a key of its own (enrol --help)\n"
    "\n"
    "  -c, --config FILE   read this configuration, default /etc/orch/agent.yaml\n"
    "      --check-config  check the configuration and exit\n"
    "      --version       print the version and exit\n"
    "      --help          print this help and exit\n"
    "\n"
    "Examples:\n"
    "  orch-nodeagent                                 run with /etc/orch/agent.yaml\n"
    "  orch-nodeagent -c ./agent.yaml --check-config  show what is wrong with that file\n"
    "\n"
    "Signals: TERM stops the agent after running tasks have had time to end. HUP and USR1 reload facts,\n"
    "classes and plugins and reopen the log file. WINCH only reopens the log file. USR2 selects the next log level.\n";

struct Arguments {
  std::string config = kDefaultConfigPath;
  bool check_only = false;
  int exit_code = -1;  // >= 0: end at once
};

Arguments ParseArguments(int argc, char** argv) {
  enum { kCheck = 256, kVersionOption, kHelp };
  static constexpr option kOptions[] = {{"config", required_argument, nullptr, 'c'},
                                        {"check-config", no_argument, nullptr, kCheck},
                                        {"version", no_argument, nullptr, kVersionOption},
                                        {"help", no_argument, nullptr, kHelp},
                                        {}};
  Arguments arguments;
  for (int found; (found = getopt_long(argc, argv, "c:", kOptions, nullptr)) != -1;) {
    switch (found) {
      case 'c':
        arguments.config = std::filesystem::absolute(optarg).lexically_normal();
        break;
      case kCheck:
        arguments.check_only = true;
        break;
      case kVersionOption:
        printf("orch-nodeagent %s\n", kVersion);
        arguments.exit_code = 0;
        return arguments;
      case kHelp:
        fputs(kUsage, stdout);
        arguments.exit_code = 0;
        return arguments;
      default:
        fputs(kUsage, stderr);
        arguments.exit_code = 1;
        return arguments;
    }
  }
  if (optind < argc) {
    fprintf(stderr, "orch-nodeagent: '%s' is not expected\n%s", argv[optind], kUsage);
    arguments.exit_code = 1;
  }
  return arguments;
}

int Fail(const absl::Status& why) {
  fprintf(stderr, "orch-nodeagent: %s\n", orch::PrintableBlock(why.message(), 2).c_str());
  return 1;
}

LogLevel NextLevel(LogLevel level) {
  return level == LogLevel::kError ? LogLevel::kDebug : static_cast<LogLevel>(static_cast<int>(level) + 1);
}

void Reload(const AgentConfig& running, Agent* agent) {
  NotifyReloading();
  if (const absl::Status opened = ReopenLog(); !opened.ok()) {
    LogError("log not opened anew", {{"why", std::string(opened.message())}});
  }
  absl::StatusOr<AgentConfig> next = LoadAgentConfig(running.file, HostFqdn());
  if (next.ok()) {
    LogInfo("reloading facts, classes and plugins", {});
    agent->Reload(*std::move(next));
  } else {
    LogError("configuration not reloaded; the old one stays", {{"why", std::string(next.status().message())}});
  }
  NotifyReady("running");
}

// Returns after TERM or INT.
void ServeSignals(AgentConfig config, Agent* agent) {
  while (true) {
    switch (const int number = WaitForSignal(); number) {
      case SIGHUP:
      case SIGUSR1:
        Reload(config, agent);
        break;
      case SIGUSR2:
        config.log_level = NextLevel(config.log_level);
        [[fallthrough]];
      case SIGWINCH:
        if (const absl::Status set = InitLog(config.log_level, config.log_json, config.log_file); !set.ok()) {
          LogError("log not changed", {{"why", std::string(set.message())}});
        }
        break;
      default:
        LogInfo("stopping", {{"signal", strsignal(number)}});
        return;
    }
  }
}

std::string ProgramBeside(const char* name) {
  std::error_code error;
  const std::filesystem::path own = std::filesystem::read_symlink("/proc/self/exe", error);
  return own.parent_path() / name;
}

// Returns the number of actions that did not end.
size_t Stop(absl::Duration grace, Agent* agent) {
  Latch stopped;
  size_t tasks_left = 0;
  agent->BeginStop(grace, [&](size_t left) {
    tasks_left = left;
    stopped.Open();
  });
  stopped.Wait();
  return tasks_left;
}

// Runs the agent until a signal ends it. Returns the exit code.
int Serve(const AgentConfig& config) {
  SystemClock clock;
  SystemRandom random;
  LoopExecutor loop(&clock, "agent");
  const auto on_attached = [](bool attached, const std::string& what) {
    NotifyStatus(absl::StrCat(attached ? "attached to " : "not attached: ", what));
  };
  std::atomic<bool> told_to_end{false};
  const auto on_exit = [&told_to_end](const std::string& why) {
    LogWarning("the node agent is told to end", {{"why", why}});
    told_to_end = true;
    kill(getpid(), SIGTERM);  // ServeSignals waits for the signal
  };
  absl::StatusOr<std::unique_ptr<Agent>> agent = Agent::Create(config, {.clock = &clock,
                                                                        .random = &random,
                                                                        .loop = &loop,
                                                                        .task_runner = ProgramBeside("orch-taskrunner"),
                                                                        .catalog = nullptr,
                                                                        .background = nullptr,
                                                                        .on_attached = on_attached,
                                                                        .on_exit = on_exit});
  if (!agent.ok()) return Fail(agent.status());
  LogInfo("orch-nodeagent started", {{"version", kVersion}, {"identity", config.identity}});
  (*agent)->Start();
  NotifyReady("running");
  ServeSignals(config, agent->get());
  NotifyStopping();
  if (const size_t tasks_left = Stop(config.shutdown_grace, agent->get()); tasks_left > 0) {
    LogError("stopped with actions that would not end", {{"tasks", absl::StrCat(tasks_left)}});
    fflush(nullptr);
    _exit(told_to_end ? 0 : 1);  // their threads cannot be joined; with 0 the service stays down
  }
  loop.Stop();
  LogInfo("stopped", {});
  return 0;
}

int Enrol(const std::vector<std::string>& words) {
  absl::StatusOr<EnrolOptions> options = ParseEnrolArguments(words, kDefaultConfigPath);
  if (!options.ok()) return Fail(options.status());
  if (options->help) {
    fputs(EnrolHelp().c_str(), stdout);
    return 0;
  }
  SystemClock clock;
  SystemRandom random;
  const absl::StatusOr<Enrolled> enrolled = EnrolNode(*options, HostFqdn(), &clock, &random);
  if (!enrolled.ok()) return Fail(enrolled.status());
  fputs(enrolled->text.c_str(), stdout);
  return enrolled->admitted ? 0 : kExitWaits;
}

int Run(int argc, char** argv) {
  if (argc > 1 && absl::string_view(argv[1]) == "enrol") return Enrol({argv + 2, argv + argc});
  const Arguments arguments = ParseArguments(argc, argv);
  if (arguments.exit_code >= 0) return arguments.exit_code;
  absl::StatusOr<AgentConfig> config = LoadAgentConfig(arguments.config, HostFqdn());
  if (!config.ok()) return Fail(config.status());
  if (arguments.check_only) {
    printf("%s: OK\n", arguments.config.c_str());
    return 0;
  }
  if (absl::Status log = InitLog(config->log_level, config->log_json, config->log_file); !log.ok()) return Fail(log);
  return Serve(*config);
}

}  // namespace
}  // namespace orch::nodeagent

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // costs 3 KB and 100 µs a connection
  orch::auth::RouteLibraryLogs();
  orch::ForbidCoreDumps();
  mallopt(M_ARENA_MAX, 1);  // an idle agent should be small
  mallopt(M_TRIM_THRESHOLD, 128 << 10);
  orch::BlockServiceSignals();
  signal(SIGCHLD, SIG_DFL);  // if it were ignored, as some starters leave it, exit codes would be lost
  return orch::nodeagent::Run(argc, argv);
}

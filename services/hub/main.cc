// orch-hub: options, configuration, wiring, signals.
#include <grp.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <iostream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "auth/library_log.h"
#include "base/clock.h"
#include "base/daemon/service.h"
#include "base/foreign_text.h"
#include "base/log.h"
#include "base/loop_executor.h"
#include "base/random.h"
#include "base/version.h"
#include "services/hub/arguments.h"
#include "services/hub/config.h"
#include "services/hub/door/descriptor_plan.h"
#include "services/hub/hub.h"
#include "services/hub/init.h"
#include "services/hub/issue_key.h"

namespace {

int Fail(const absl::Status& status) {
  std::cerr << "orch-hub: " << orch::PrintableBlock(status.message(), 2) << "\n";
  return 1;
}

int Init(orch::hub::InitOptions options) {
  if (options.identity.empty()) options.identity = orch::hub::HostIdentity();
  orch::SystemRandom random;
  const bool as_installed = options.directory == orch::hub::InitOptions().directory;
  if (as_installed && getgrnam(orch::hub::kAdminGroup) != nullptr) options.local_group = orch::hub::kAdminGroup;
  const auto files = orch::hub::InitHub(options, orch::SystemClock().Now(), &random);
  if (!files.ok()) return Fail(files.status());
  std::cout << "wrote " << absl::StrJoin(*files, "\n      ") << "\n\nNext: systemctl start orch-hub (or: orch-hub -c "
            << options.directory << "/hub.yaml)\nFor each node, here:  orch-hub key node IDENTITY, whose line goes to "
            << "/etc/orch/credentials (mode 0600) there\nFor each user:        orch-hub key client NAME\n"
            << (options.local_group.empty() ? "" : "On this host, root and peadmin (group orch-admin) need no key.\n")
            << "Keep " << options.directory << "/credentials and tls/ca.key here: all keys come from them.\n";
  return 0;
}

// As root the command acts as the owner of the hub's keys, as the serving hub does.
void ActAsOwnerOf(const std::string& credentials) {
  struct stat found;
  if (geteuid() == 0 && stat(credentials.c_str(), &found) == 0) (void)!seteuid(found.st_uid);
}

int PrintKey(const orch::hub::HubConfig& config, const orch::hub::KeyOptions& options) {
  const absl::Time now = orch::SystemClock().Now();
  orch::hub::KeyEnd end{.replace = options.replace};
  if (!options.expires.empty()) {
    const auto expires = orch::hub::ParseKeyEnd(options.expires, now);
    if (!expires.ok()) return Fail(expires.status());
    end.expires_s = *expires;
  }
  // Replacing a key writes in a folder that belongs to root.
  if (!options.replace) ActAsOwnerOf(config.credentials);
  auto text = options.kind == orch::auth::PeerKind::kLogin ? orch::hub::IssueLoginKey(config)
              : options.pem
                  ? orch::hub::IssuePem(config, options.kind, options.name, now, absl::Hours(24) * options.days)
                  : orch::hub::IssueKey(config, options.kind, options.name, end);
  if (!text.ok()) return Fail(text.status());
  std::cout << *text;
  orch::auth::Wipe(&*text);
  return 0;
}

int Serve(const orch::hub::HubConfig& config) {
  orch::BlockServiceSignals();
  const size_t files = orch::RaiseFileLimit();
  const size_t needed =
      config.max_nodes + orch::hub::kMostFilesAConnection * config.max_clients + orch::hub::kFilesAside;
  if (files < needed) {
    orch::LogWarning("few open files allowed; raise LimitNOFILE, or lower limits.nodes or limits.clients",
                     {{"allowed", absl::StrCat(files)}, {"needed", absl::StrCat(needed)}});
  }
  orch::SystemClock clock;
  orch::SystemRandom random;
  orch::LoopExecutor loop(&clock, "hub-loop");
  auto hub = orch::hub::Hub::Start(config, &clock, &random, &loop);
  if (!hub.ok()) return Fail(hub.status());
  orch::NotifyReady(absl::StrCat("serving on ", absl::StrJoin((*hub)->addresses(), ", ")));
  for (int signal = orch::WaitForSignal(); signal != SIGTERM && signal != SIGINT; signal = orch::WaitForSignal()) {
    if (signal != SIGHUP) continue;
    orch::NotifyReloading();
    if (const absl::Status opened = orch::ReopenLog(); !opened.ok()) {
      orch::LogError("log not opened anew", {{"why", std::string(opened.message())}});
    }
    (*hub)->Reload();
    orch::LogInfo(
        "credentials, certificates and the log file are read anew; other settings take effect with a restart");
    orch::NotifyReady(absl::StrCat("serving on ", absl::StrJoin((*hub)->addresses(), ", ")));
  }
  orch::NotifyStopping();
  (*hub)->Stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // As packaged it costs as much as all else in registering a node.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  orch::auth::RouteLibraryLogs();
  orch::ForbidCoreDumps();
  const auto arguments = orch::hub::ParseArguments({argv + 1, argv + argc});
  if (!arguments.ok()) {
    const absl::string_view problem = arguments.status().message();
    const bool names_help = absl::StrContains(problem, "--help");
    return Fail(absl::InvalidArgumentError(absl::StrCat(problem, names_help ? "" : "; --help tells how it is used")));
  }
  using Mode = orch::hub::Arguments::Mode;
  if (arguments->mode == Mode::kShowText) {
    std::cout << arguments->text;
    return 0;
  }
  if (arguments->mode == Mode::kInit) return Init(arguments->init);
  const auto config = orch::hub::LoadHubConfig(arguments->config_file);
  if (!config.ok()) return Fail(config.status());
  if (arguments->mode == Mode::kKey) return PrintKey(*config, arguments->key);
  if (arguments->mode == Mode::kCheckConfig) {
    std::cout << arguments->config_file << ": OK\n";
    return 0;
  }
  if (const absl::Status status = orch::InitLog(config->log_level, config->log_json, config->log_file); !status.ok()) {
    return Fail(status);
  }
  return Serve(*config);
}

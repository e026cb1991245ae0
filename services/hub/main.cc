// orch-hub: options, configuration, wiring, signals.
#include <signal.h>

#include <iostream>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "auth/library_log.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/foreign_text.h"
#include "base/log.h"
#include "base/random.h"
#include "base/service.h"
#include "base/version.h"
#include "services/hub/config.h"
#include "services/hub/hub.h"
#include "services/hub/init.h"

namespace {

int Fail(const absl::Status& status) {
  std::cerr << "orch-hub: " << orch::PrintableBlock(status.message(), 2) << "\n";
  return 1;
}

int Init(orch::hub::InitOptions options) {
  if (options.identity.empty()) options.identity = orch::hub::HostIdentity();
  orch::SystemRandom random;
  const auto files = orch::hub::InitHub(options, orch::SystemClock().Now(), &random);
  if (!files.ok()) return Fail(files.status());
  std::cout << "wrote " << absl::StrJoin(*files, "\n      ") << "\nnext: orch-hub -c " << options.directory
            << "/hub.yaml\n";
  return 0;
}

int Serve(const orch::hub::HubConfig& config) {
  orch::BlockServiceSignals();
  const size_t files = orch::RaiseFileLimit();
  if (files < 2 * config.max_nodes) {
    orch::LogWarning("few open files allowed; set LimitNOFILE to twice limits.nodes",
                     {{"allowed", absl::StrCat(files)}, {"nodes", absl::StrCat(config.max_nodes)}});
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
    (*hub)->Reload();
    orch::LogInfo("credentials are re-read; certificates and other settings take effect with a restart");
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
  CLI::App app{"The hub: knows the fleet and runs jobs on it", "orch-hub"};
  std::string config_file = orch::hub::kDefaultConfigFile;
  bool check_config = false;
  app.add_option("-c,--config", config_file, "Configuration file")->capture_default_str();
  app.add_flag("--check-config", check_config, "Read the configuration, say what is wrong with it, and end");
  app.set_version_flag("--version", absl::StrCat("orch-hub ", orch::kVersion));
  orch::hub::InitOptions init_options;
  CLI::App* init = app.add_subcommand("init", "Write configuration, credentials and certificate for a first hub");
  init->add_option("--dir", init_options.directory, "Folder to write to")->capture_default_str();
  init->add_option("--identity", init_options.identity, "The hub's name (default: this host's)");
  init->add_option("--listen", init_options.listen, "Address to listen on")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  if (init->parsed()) return Init(init_options);
  const auto config = orch::hub::LoadHubConfig(config_file);
  if (!config.ok()) return Fail(config.status());
  if (check_config) {
    std::cout << config_file << ": good\n";
    return 0;
  }
  if (const absl::Status status = orch::InitLog(config->log_level, config->log_json, config->log_file); !status.ok()) {
    return Fail(status);
  }
  return Serve(*config);
}

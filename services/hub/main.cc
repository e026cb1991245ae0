// orch-hub: reads the command line and the configuration, and runs the hub until a signal ends it.
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
#include "base/foreign_text.h"
#include "base/log.h"
#include "base/loop_executor.h"
#include "base/random.h"
#include "base/service.h"
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
  const auto files = orch::hub::InitHub(options, orch::SystemClock().Now(), &random);
  if (!files.ok()) return Fail(files.status());
  std::cout << "wrote " << absl::StrJoin(*files, "\n      ") << "\n\nNext: systemctl start orch-hub (or: orch-hub -c "
            << options.directory << "/hub.yaml)\nFor each node, here:  orch-hub key node IDENTITY, whose line goes to "
            << "/etc/orch/credentials (mode 0600) there\nFor each user:        orch-hub key client NAME\n"
            << "Keep " << options.directory << "/credentials and tls/ca.key here: all keys come from them.\n";
  return 0;
}

// When root runs the command, it acts as the owner of the hub's keys, like the serving hub.
void ActAsOwnerOf(const std::string& credentials) {
  struct stat found;
  if (geteuid() == 0 && stat(credentials.c_str(), &found) == 0) (void)!seteuid(found.st_uid);
}

int PrintKey(const orch::hub::HubConfig& config, const orch::hub::KeyOptions& options) {
  ActAsOwnerOf(config.credentials);
  auto text = options.pem ? orch::hub::IssuePem(config, options.kind, options.name, orch::SystemClock().Now(),
                                                absl::Hours(24) * options.days)
                          : orch::hub::IssueKey(config, options.kind, options.name);
  if (!text.ok()) return Fail(text.status());
  std::cout << *text;
  orch::auth::Wipe(&*text);
  return 0;
}

int Serve(const orch::hub::HubConfig& config) {
  orch::BlockServiceSignals();
  const size_t files = orch::RaiseFileLimit();
  const size_t needed = orch::hub::kFilesAConnection * (config.max_nodes + config.max_clients) + orch::hub::kFilesAside;
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

// The command line, read into plain values.
struct CommandLine {
  CLI::App app{"The hub: it knows the fleet of nodes and runs jobs on it", "orch-hub"};
  std::string config_file = orch::hub::kDefaultConfigFile;
  bool check_config = false;
  orch::hub::InitOptions init_options;
  CLI::App* init = nullptr;
  KeyOptions key_options;
  CLI::App* key = nullptr;
};

void AddServe(CommandLine* line) {
  CLI::App& app = line->app;
  app.add_option("-c,--config", line->config_file, "Configuration file")->capture_default_str();
  app.add_flag("--check-config", line->check_config, "Check the configuration, report what is wrong with it, and exit");
  app.set_version_flag("--version", absl::StrCat("orch-hub ", orch::kVersion));
  app.footer(
      "Examples:\n  orch-hub                       serve with the configuration in /etc/orch/hub.yaml\n"
      "  orch-hub --check-config        report what is wrong with that file\n"
      "  orch-hub key node web1.example.com\n\n"
      "Signals: TERM stops the hub. HUP makes it read keys and certificates again and reopen the log file.");
}

void AddInit(CommandLine* line) {
  CLI::App* const init =
      line->app.add_subcommand("init", "Write the configuration, the credentials and the certificate of a first hub");
  orch::hub::InitOptions& options = line->init_options;
  init->add_option("--dir", options.directory, "Folder to write to")->capture_default_str();
  init->add_option("--identity", options.identity, "The hub's name (default: the name of this host)");
  init->add_option("--listen", options.listen, "Address to listen on")->capture_default_str();
  init->add_option("--client", options.client, "The administrator, who gets a key")->capture_default_str();
  init->footer(
      "Examples:\n  orch-hub init                                        set up a first hub on this host\n"
      "  orch-hub init --client peadmin --listen 10.0.0.5     choose its administrator and its address\n"
      "  orch-hub init --dir /srv/test --listen 127.0.0.1:0   set up a hub for a test");
  line->init = init;
}

void AddKey(CommandLine* line) {
  CLI::App* const key =
      line->app.add_subcommand("key", "Print the key or the certificate with which one node or client proves itself");
  KeyOptions& options = line->key_options;
  key->fallthrough();  // so that -c may follow the command
  key->add_option("kind", options.kind, "The kind of peer: node or client")
      ->required()
      ->check(CLI::IsMember({"node", "client"}));
  key->add_option("name", options.name, "The node's identity, or the client's name")->required();
  key->add_flag("--pem", options.pem,
                "Print a certificate with its key and the CA, as PEM, instead of a line with a key");
  key->add_option("--days", options.days, "How long the certificate is valid")
      ->capture_default_str()
      ->check(CLI::Range(1, 3650));
  key->footer(
      "Examples:\n  orch-hub key node web1.example.com     print the line for /etc/orch/credentials on web1\n"
      "  orch-hub key client deploy             print the line for a user or a service\n"
      "  orch-hub key client deploy --pem       for gRPC clients in any language (mtls.mode: optional)");
  line->key = key;
}

int Run(const CommandLine& line) {
  if (line.init->parsed()) return Init(line.init_options);
  const auto config = orch::hub::LoadHubConfig(line.config_file);
  if (!config.ok()) return Fail(config.status());
  if (line.key->parsed()) return PrintKey(*config, line.key_options);
  if (line.check_config) {
    std::cout << line.config_file << ": OK\n";
    return 0;
  }
  if (const absl::Status status = orch::InitLog(config->log_level, config->log_json, config->log_file); !status.ok()) {
    return Fail(status);
  }
  return Serve(*config);
}

}  // namespace

int main(int argc, char** argv) {
  // The default mode of the packaged library costs as much as everything else in the registration of a node.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  orch::auth::RouteLibraryLogs();
  orch::ForbidCoreDumps();
  CommandLine line;
  AddServe(&line);
  AddInit(&line);
  AddKey(&line);
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::Success& wanted) {
    return line.app.exit(wanted);
  } catch (const CLI::ParseError& e) {
    return Fail(absl::InvalidArgumentError(absl::StrCat(e.what(), "; --help tells how it is used")));
  }
  return Run(line);
}

// A node's Puppet for tests: a script in its place, and its state files in a folder.
#pragma once

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"
#include "base/process/detached_process.h"
#include "tests/actions/core/fake_node.h"

namespace orch::actions {

// The script tells its arguments to "calls", prints the paths of its files for `config print`, and does
// what a test wrote to "agent" for `agent`, or to "resource" for `resource`.
class PuppetTest : public ActionTest {
 protected:
  PuppetTest() {
    std::string name = ::testing::TempDir() + "/orch_pup_XXXXXX";
    folder_ = mkdtemp(name.data());
    std::filesystem::create_directories(folder_ + "/state");
    Write("puppet.conf", "[main]\n");
    Write("agent", "exit 0\n");
    Write("resource", "exit 0\n");
    Write("puppet", absl::StrCat("#!/bin/sh\nS=", folder_, R"(
verb=$1; shift
echo "$verb $*" >> $S/calls
case $verb in
  config)
    echo "config = $S/puppet.conf"
    echo "statedir = $S/state"
    echo "agent_disabled_lockfile = $S/state/agent_disabled.lock"
    echo "agent_catalog_run_lockfile = $S/state/agent_catalog_run.lock"
    echo "lastrunfile = $S/state/last_run_summary.yaml"
    echo "lastrunreport = $S/state/last_run_report.yaml"
    echo "pidfile = $S/state/agent.pid"
    echo "resourcefile = $S/state/resources.txt";;
  agent) . $S/agent;;
  resource) . $S/resource;;
esac
)"));
    chmod((folder_ + "/puppet").c_str(), 0755);
    options_.settings["puppet.command"] = folder_ + "/puppet";
    options_.puppet = MakePuppetMemory();
  }
  ~PuppetTest() override {
    if (daemon_ > 0) kill(daemon_, SIGKILL);
    // A run the test did not wait for may still be writing here: look again until it is gone.
    std::error_code busy;
    for (int tries = 0; tries < 200; ++tries) {
      std::filesystem::remove_all(folder_, busy);
      if (!busy) break;
      usleep(10'000);
    }
  }

  void Write(const std::string& name, const std::string& text) {
    std::ofstream(absl::StrCat(folder_, "/", name)) << text;
  }
  std::string Read(const std::string& name) {
    return ReadFile(absl::StrCat(folder_, "/", name), 4u << 20).value_or("");
  }
  // "agent --onetime …", a line a call, in order.
  std::string Calls(const std::string& verb) {
    std::string calls;
    for (absl::string_view line : absl::StrSplit(Read("calls"), '\n', absl::SkipEmpty())) {
      if (absl::StartsWith(line, verb)) absl::StrAppend(&calls, line, "\n");
    }
    return calls;
  }
  // A process that is Puppet by its command line; writes to "signalled" when it gets SIGUSR1.
  pid_t StartDaemon() {
    Write("puppet-daemon", absl::StrCat("#!/bin/sh\ntrap 'echo yes > ", folder_, "/signalled; exit 0' USR1\n: > ",
                                        folder_, "/ready\nwhile :; do sleep 0.02; done\n"));
    chmod((folder_ + "/puppet-daemon").c_str(), 0755);
    DetachedProcess::Options options;
    options.process.argv = {folder_ + "/puppet-daemon"};
    options.log_file = folder_ + "/daemon.log";
    process_ = *DetachedProcess::Start(options);
    daemon_ = process_->pid();
    while (!std::filesystem::exists(folder_ + "/ready")) usleep(1000);
    Write("state/agent.pid", absl::StrCat(daemon_, "\n"));
    return daemon_;
  }
  // The summary of a run that ended at `lastrun`.
  void WriteSummary(int64_t lastrun, int failed = 0) {
    Write("state/last_run_summary.yaml",
          absl::StrCat(
              "---\nversion:\n  config: 1795249470\n  puppet: 7.23.0\nresources:\n  changed: 2\n  failed: ", failed,
              "\n  out_of_sync: 3\n  corrective_change: 1\n  total: 11\ntime:\n  config_retrieval: 0.706065\n"
              "  total: 25.571\n  last_run: ",
              lastrun, "\nchanges:\n  total: 2\nevents:\n  total: 2\n"));
  }
  int64_t Now() { return absl::ToUnixSeconds(node_.clock.Now()); }

  std::string folder_;
  pid_t daemon_ = 0;
  std::unique_ptr<DetachedProcess> process_;
};

}  // namespace orch::actions

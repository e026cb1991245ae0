// What one run of one command works with: environment, options, configuration, and on first use
// the hub. One thread; lives as long as the command.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/options/common_options.h"
#include "cli/session/client_config.h"
#include "cli/session/hub_client.h"
#include "cli/terminal/environment.h"
#include "cli/terminal/style.h"
#include "filter/filter.h"
#include "orch/v1/fleet.pb.h"

namespace orch::cli {

// The nodes a command is for, checked and ready for the wire.
struct Targets {
  v1::Target wire;
  filter::Filter filter;
  bool named = false;       // every node was named: by -I, --nodes or standard input
  bool restricted = false;  // by a filter or a list; else every node is meant
};

class Context {
 public:
  explicit Context(Environment* env) : env_(env) {}
  ~Context();

  CommonOptions& options() { return options_; }
  const CommonOptions& options() const { return options_; }
  Environment& env() { return *env_; }
  const Environment& env() const { return *env_; }
  const Style& style() const { return style_; }
  void Print(absl::string_view text) { env_->out->Write(text); }
  void Note(absl::string_view text) { env_->err->Write(text); }

  // Checks the options, reads the configuration and settles colours. Before Hub and Targets.
  absl::Status Prepare();
  // Only what the hub is reached by; Prepare may follow with other options.
  absl::Status ReadConfig();
  const ClientConfig& config() const { return *config_; }
  // Connected on first use, within the patience.
  absl::StatusOr<HubClient*> Hub();
  // A new connection in place of the one that broke.
  absl::StatusOr<HubClient*> Reconnect();
  // From now on the job that is accepted is the one @last means. Not for jobs that only find something out.
  void RememberNextJob() { remember_job_ = true; }
  void JobAccepted(const std::string& job_id);
  void set_hub_patience(absl::Duration patience) { hub_patience_ = patience; }

  // The filter options, with name ranges (-I 'web[01-20]') written out. Refuses wrong ones.
  absl::StatusOr<filter::Filter> ParseFilter() const;
  // Filter, node list and limits from the options. Refuses wrong ones; reads standard input when it
  // is a list.
  absl::StatusOr<Targets> MakeTargets();

  // Claims standard input for `what`: from now on it is no node list. InvalidArgument when it was claimed before,
  // or --nodes - does.
  absl::Status TakeStdin(absl::string_view what);
  // One line from the terminal, unseen when `secret`. Cancelled after Ctrl-C, FailedPrecondition at its end.
  absl::StatusOr<std::string> AskLine(absl::string_view question, bool secret);
  // The hub closes connections on which nothing is asked: after a long time at a question there is a new one.
  absl::Status ReconnectAfterAsking();
  // Whether there is somebody to ask.
  bool CanAsk() const { return env_->stdin_is_terminal && env_->err_is_terminal; }

  // Asks before every node is changed. FailedPrecondition when the answer is no, or nobody can be
  // asked and --yes was not given.
  absl::Status ConfirmUnfiltered(const Targets& targets, absl::string_view what);

 private:
  absl::StatusOr<std::vector<std::string>> ListedNodes(bool* given, bool literal_identities);
  void SetLimits(v1::Target* target) const;
  absl::Duration Patience() const {
    return options_.connection_timeout > absl::ZeroDuration() ? options_.connection_timeout : hub_patience_;
  }

  Environment* const env_;
  CommonOptions options_;
  Style style_;
  std::optional<ClientConfig> config_;
  bool stdin_taken_ = false;
  bool remember_job_ = false;
  absl::Duration asking_;  // time spent waiting for answers
  absl::Duration hub_patience_ = kConnectTimeout;
  std::unique_ptr<HubClient> hub_;
};

}  // namespace orch::cli

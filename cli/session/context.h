// What one run of a command works with: environment, options, configuration and, from its first use
// on, the connection to the hub. RunOrchctl owns it; it lives as long as the command and is used by
// one thread.
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

// The target nodes of a command, checked and ready for the wire.
struct Targets {
  v1::Target wire;
  filter::Filter filter;
  bool named = false;       // whether every node was named, by -I, --nodes or standard input
  bool restricted = false;  // whether a filter or a list restricts them; otherwise every node is a target
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

  // Checks the options, reads the configuration and decides on colours. Must be called before Hub
  // and MakeTargets.
  absl::Status Prepare();
  // Reads only the configuration that Hub needs. Prepare may follow with other options.
  absl::Status ReadConfig();
  const ClientConfig& config() const { return *config_; }
  // Returns the connection, which the first call makes within the patience.
  absl::StatusOr<HubClient*> Hub();
  // Replaces a broken connection by a new one.
  absl::StatusOr<HubClient*> Reconnect();
  // Makes @last name the next job that is accepted. Jobs that a command only uses to find something
  // out do not call it.
  void RememberNextJob() { remember_job_ = true; }
  void JobAccepted(const std::string& job_id);
  void set_hub_patience(absl::Duration patience) { hub_patience_ = patience; }

  // Parses the filter options, with name ranges (-I 'web[01-20]') expanded. InvalidArgument for an
  // invalid filter.
  absl::StatusOr<filter::Filter> ParseFilter() const;
  // Makes the targets from filter, node list and limits of the options. Reads standard input if it
  // is a node list.
  absl::StatusOr<Targets> MakeTargets();

  // Claims standard input for `what`, so that it is no node list. InvalidArgument if it is claimed
  // already, also by --nodes -.
  absl::Status TakeStdin(absl::string_view what);
  // Reads one line from the terminal, without echo if `secret`. Cancelled after Ctrl-C,
  // FailedPrecondition at the end of the input.
  absl::StatusOr<std::string> AskLine(absl::string_view question, bool secret);
  // Makes a new connection if questions have taken so long that the hub may have closed the idle
  // one.
  absl::Status ReconnectAfterAsking();
  // Whether a person can be asked.
  bool CanAsk() const { return env_->stdin_is_terminal && env_->err_is_terminal; }

  // Asks for confirmation before all nodes are changed. FailedPrecondition if the answer is no, or
  // if nobody can be asked and --yes was not given.
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
  absl::Duration asking_;  // total time spent waiting for answers
  absl::Duration hub_patience_ = kConnectTimeout;
  std::unique_ptr<HubClient> hub_;
};

}  // namespace orch::cli

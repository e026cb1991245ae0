// The options that commands share, as fields. option_groups.h declares them to the table of a command.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "cli/options/option_values.h"
#include "cli/options/reply_filter.h"
#include "cli/options/rollout_options.h"
#include "filter/filter.h"

namespace orch::cli {

enum class Format { kHuman, kJson, kJsonArray, kJsonLines, kTable, kSenders };
enum class SenderMode { kOk, kFailed, kMissing, kAll };  // which nodes --senders names
enum class DisplayMode { kDdl, kOk, kFailed, kAll, kNone };

struct CommonOptions {
  // Basic
  bool help = false;
  bool verbose = false;
  bool quiet = false;
  std::string config_file;
  std::string hub;
  absl::Duration connection_timeout;  // zero: not given
  // Output
  Format format = Format::kHuman;
  SenderMode senders = SenderMode::kOk;
  std::string format_option;  // that chose it; empty: none did
  std::string output_file;
  bool sort = false;
  bool no_progress = false;
  // Targets
  std::vector<filter::Option> filter;
  std::string nodes_file;
  std::string discovery_method;  // of MCollective: mc, flatfile, stdin; SettleDiscovery turns it into the above
  std::string discovery_option;
  bool no_stdin = false;
  std::string collective;
  Amount limit;
  bool one = false;
  bool limit_random = false;
  uint64_t limit_seed = 0;
  // Running
  absl::Duration timeout;  // zero: not given
  Amount batch;
  absl::Duration batch_sleep = absl::Seconds(1);
  Amount concurrency;
  Amount max_failures;
  DisplayMode display = DisplayMode::kDdl;
  std::vector<std::string> columns;  // of the replies' data; empty: all
  std::optional<ReplyFilter> reply_filter;
  std::optional<bool> group;  // equal replies together; not given: the view decides
  absl::Duration reconnect = absl::Minutes(5);
  RolloutOptions rollout;
  bool yes = false;
  bool classic = false;
  bool allow_missing = false;
  std::vector<std::string> ignored;  // options of MCollective that have nothing to decide here, each with the reason
  // Inputs
  std::string input_file;
  bool dry_run = false;
};

// What single options cannot know: "--one with --limit" and the like.
absl::Status CheckCommonOptions(const CommonOptions& options);

}  // namespace orch::cli

// The values of the options that commands share. option_groups.h adds the options to the table of a
// command; the context of the command owns the values.
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
enum class SenderMode { kOk, kFailed, kMissing, kAll };  // the nodes that --senders names
enum class LimitMethod { kFirst, kRandom };
enum class DiscoveryMethod { kNotGiven, kHub, kFlatfile, kStdin };  // of MCollective
enum class DisplayMode { kDdl, kOk, kFailed, kAll, kNone };

struct CommonOptions {
  // Basic
  bool help = false;
  bool verbose = false;
  bool quiet = false;
  std::string config_file;
  std::string hub;
  absl::Duration connection_timeout;  // zero if not given
  // Output
  Format format = Format::kHuman;
  SenderMode senders = SenderMode::kOk;
  std::string format_option;  // the option that chose `format`; empty if none did
  std::string output_file;
  bool sort = false;
  bool no_progress = false;
  // Targets
  std::vector<filter::Option> filter;
  std::string nodes_file;
  DiscoveryMethod discovery_method = DiscoveryMethod::kNotGiven;  // SettleDiscovery turns it into `nodes_file`
  std::string discovery_option;
  bool no_stdin = false;
  std::string collective;
  Amount limit;
  bool one = false;
  LimitMethod limit_method = LimitMethod::kFirst;
  uint64_t limit_seed = 0;
  // Running
  absl::Duration timeout;  // zero if not given
  Amount batch;
  absl::Duration batch_sleep = absl::Seconds(1);
  Amount concurrency;
  Amount max_failures;
  DisplayMode display = DisplayMode::kDdl;
  std::vector<std::string> columns;  // fields of the replies' data; empty means all
  std::optional<ReplyFilter> reply_filter;
  std::optional<bool> group;  // whether equal replies are grouped; if not given, the view decides
  absl::Duration reconnect = absl::Minutes(5);
  RolloutOptions rollout;
  bool yes = false;
  bool classic = false;
  bool allow_missing = false;
  std::vector<std::string> ignored;  // options of MCollective that have no effect here, each with the reason
  // Inputs
  std::string input_file;
  bool dry_run = false;
};

// Checks combinations of options, such as --one with --limit.
absl::Status CheckCommonOptions(const CommonOptions& options);

}  // namespace orch::cli

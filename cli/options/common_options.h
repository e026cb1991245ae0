// The options that commands share, as fields. Which command takes which group is said in its table
// entry; the checks are the same everywhere.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "cli/options/option_table.h"
#include "cli/options/reply_filter.h"
#include "cli/options/rollout_options.h"
#include "filter/filter.h"

namespace orch::cli {

enum class Format { kHuman, kJson, kJsonArray, kJsonLines, kTable, kSenders };
enum class SenderMode { kOk, kFailed, kMissing, kAll };  // which nodes --senders names
enum class DisplayMode { kDdl, kOk, kFailed, kAll, kNone };

// "N" or "N%".
struct Amount {
  uint32_t count = 0;
  uint32_t percent = 0;  // 1..100
  bool set() const { return count > 0 || percent > 0; }
};
absl::StatusOr<Amount> ParseAmount(absl::string_view text);
// Seconds, fractions allowed, above zero; also "500ms", "2m".
absl::StatusOr<absl::Duration> ParseSeconds(absl::string_view text, bool zero_allowed);

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

enum OptionGroups : unsigned {
  kBasicOptions = 1,
  kOutputOptions = 2,
  kTargetOptions = 4,
  kRunOptions = 8,
  kJobOptions = 16,
  kJsonOptions = 32,     // of the output options those for what is no reply
  kInputOptions = 64,    // inputs of an action
  kDryRunOptions = 128,  // whatever changes something
  kReplyOptions = 256,   // what of an action's replies is shown
};
void AddCommonOptions(unsigned groups, CommonOptions* options, OptionTable* table);

// --dm and --do become --nodes.
absl::Status SettleDiscovery(CommonOptions* options);
// What single options cannot know: "--one with --limit" and the like.
absl::Status CheckCommonOptions(const CommonOptions& options);

}  // namespace orch::cli

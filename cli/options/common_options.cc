#include "cli/options/common_options.h"

#include "base/option_table.h"

namespace orch::cli {

absl::Status CheckCommonOptions(const CommonOptions& options) {
  if (options.one && options.limit.set()) return WrongOption("--one and --limit exclude each other; give one of them");
  if (options.no_stdin && options.nodes_file == "-") return WrongOption("--no-stdin and --nodes - exclude each other");
  if (options.input_file == "-" && options.nodes_file == "-")
    return WrongOption("--input-file - and --nodes - both read standard input; give one of them a file");
  if (options.batch.set() && options.concurrency.set()) {
    return WrongOption("--batch and --concurrency exclude each other; give one of them");
  }
  if (options.quiet && options.verbose) return WrongOption("--quiet and --verbose exclude each other");
  if (options.rollout.live && options.format != Format::kHuman && options.format != Format::kJsonLines)
    return WrongOption("--live goes with --jsonl or without a form; the others show only whole replies");
  return CheckRolloutOptions(options.rollout);
}

}  // namespace orch::cli

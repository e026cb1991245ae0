#include "cli/jobs/job_spec.h"

#include "absl/time/time.h"
#include "cli/options/rollout_options.h"

namespace orch::cli {

void AdoptSpec(const v1::JobSpec& spec, CommonOptions* options) {
  if (spec.timeout_ms() > 0) options->timeout = absl::Milliseconds(spec.timeout_ms());
  if (!options->batch.set() && !options->concurrency.set()) {
    options->batch = {spec.batch_size(), spec.batch_percent()};
    options->concurrency = {spec.concurrency(), spec.concurrency_percent()};
    if (options->batch.set()) options->batch_sleep = absl::Milliseconds(spec.batch_sleep_ms());
  }
  if (!options->max_failures.set()) options->max_failures = {spec.max_failures(), spec.max_failures_percent()};
  AdoptRollout(spec, &options->rollout);
}

v1::JobSpec MakeSpec(const CommonOptions& options, const Targets& targets, const std::string& plugin,
                     const std::string& action) {
  v1::JobSpec spec;
  spec.set_plugin(plugin);
  spec.set_action(action);
  *spec.mutable_target() = targets.wire;
  spec.set_timeout_ms(absl::ToInt64Milliseconds(options.timeout));
  spec.set_batch_size(options.batch.count);
  spec.set_batch_percent(options.batch.percent);
  spec.set_concurrency(options.concurrency.count);
  spec.set_concurrency_percent(options.concurrency.percent);
  spec.set_max_failures(options.max_failures.count);
  spec.set_max_failures_percent(options.max_failures.percent);
  if (options.batch.set()) spec.set_batch_sleep_ms(absl::ToInt64Milliseconds(options.batch_sleep));
  FillRollout(options.rollout, &spec);
  return spec;
}

}  // namespace orch::cli

#include "cli/options/rollout_options.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/options/option_values.h"

namespace orch::cli {
namespace {

constexpr size_t kMaxNameBytes = 128;  // of a lock, of an idempotency key

class Adder {
 public:
  Adder(std::string group, OptionTable* table) : group_(std::move(group)), table_(table) {}

  void Number(const char* name, const char* value, const char* help, uint32_t* target) {
    table_->Add({{name}, value, help, group_, {}, false, [target](const std::string& text) {
                   if (absl::SimpleAtoi(text, target) && *target > 0) return absl::OkStatus();
                   return Wrong(absl::StrCat("'", text, "' is no whole number above 0"));
                 }});
  }
  void Time(const char* name, const char* help, absl::Duration* target) {
    table_->Add({{name}, "SECONDS", help, group_, {}, false, [target](const std::string& text) -> absl::Status {
                   ORCH_ASSIGN_OR_RETURN(*target, ParseSeconds(text, false));
                   return absl::OkStatus();
                 }});
  }
  void Name(const char* name, const char* value, const char* help, std::string* target) {
    table_->Add({{name}, value, help, group_, {}, false, [target](const std::string& text) {
                   if (text.empty()) return Wrong("its value is empty");
                   if (text.size() > kMaxNameBytes) return Wrong(absl::StrCat("at most ", kMaxNameBytes, " bytes"));
                   *target = text;
                   return absl::OkStatus();
                 }});
  }
  void Flag(const char* name, const char* help, bool* target) { table_->Flag({name}, help, group_, target); }

 private:
  const std::string group_;
  OptionTable* const table_;
};

}  // namespace

void AddRolloutOptions(RolloutOptions* options, OptionTable* table) {
  Adder add("Job Options", table);
  add.Number("--canary", "COUNT", "So many nodes first, the others when all of these did well", &options->canary);
  add.Flag("--canary-continue", "Go on by itself after the canary; else 'orchctl job resume' does",
           &options->canary_continue);
  add.Time("--splay", "Each node waits a time of its own, at most so long", &options->splay);
  add.Name("--group-by", "FACT", "Nodes with the same value of this fact are a group", &options->group_by);
  add.Number("--group-concurrency", "COUNT", "At most so many nodes of a group at once", &options->group_concurrency);
  add.Number("--groups-at-once", "COUNT", "At most so many groups at once", &options->groups_at_once);
  add.Number("--retries", "COUNT", "Try again where it failed, at most so often; for idempotent actions",
             &options->retries);
  add.Time("--retry-sleep", "Pause before each retry", &options->retry_sleep);
  add.Flag("--queue", "Nodes that are away get the command when they come", &options->queue);
  add.Time("--ttl", "With --queue: how long the command waits for them, as 1h; alone it decides nothing",
           &options->ttl);
  add.Name("--lock", "NAME", "Hold this lock: no other job with it runs meanwhile", &options->lock);
  add.Name("--idempotency-key", "KEY", "Asked again with this key, follow the job that is there",
           &options->idempotency_key);
  add.Flag("--record", "Keep the job in the hub's store even if it only reads", &options->record);
  table->Flag({"--async", "--nr", "--no-results"}, "Print the job's id as soon as the hub has it, and end",
              "Job Options", &options->async);
  add.Flag("--live", "Show what the actions print while they run", &options->live);
}

absl::Status CheckRolloutOptions(const RolloutOptions& options) {
  if (options.canary_continue && options.canary == 0) return Wrong("--canary-continue needs --canary COUNT");
  if ((options.group_concurrency > 0 || options.groups_at_once > 0) && options.group_by.empty())
    return Wrong("--group-concurrency and --groups-at-once need --group-by FACT");
  if (!options.group_by.empty() && options.group_concurrency == 0 && options.groups_at_once == 0)
    return Wrong("--group-by needs --group-concurrency COUNT, --groups-at-once COUNT or both");
  if (options.retry_sleep > absl::ZeroDuration() && options.retries == 0)
    return Wrong("--retry-sleep needs --retries COUNT");
  if (options.queue && options.ttl == absl::ZeroDuration())
    return Wrong("--queue needs --ttl, how long the command may wait: --ttl 1h");
  if (options.async && options.live) return Wrong("--async and --live exclude each other");
  return absl::OkStatus();
}

void FillRollout(const RolloutOptions& options, v1::JobSpec* spec) {
  spec->set_canary(options.canary);
  spec->set_canary_continue(options.canary_continue);
  spec->set_splay_ms(absl::ToInt64Milliseconds(options.splay));
  spec->set_group_by(options.group_by);
  spec->set_group_concurrency(options.group_concurrency);
  spec->set_groups_at_once(options.groups_at_once);
  spec->set_retries(options.retries);
  spec->set_retry_sleep_ms(absl::ToInt64Milliseconds(options.retry_sleep));
  spec->set_queue_offline(options.queue);
  // Alone it is MCollective's: how long a request is valid. Ours are valid as long as the hub waits for them.
  if (options.queue) spec->set_ttl_ms(absl::ToInt64Milliseconds(options.ttl));
  spec->set_lock(options.lock);
  spec->set_idempotency_key(options.idempotency_key);
  spec->set_record(options.record || options.async);  // nobody could ask for it later
  spec->set_live_output(options.live);
}

void AdoptRollout(const v1::JobSpec& spec, RolloutOptions* options) {
  const auto adopt = [](auto* option, const auto& value) {
    if (*option == std::decay_t<decltype(*option)>()) *option = value;
  };
  adopt(&options->canary, spec.canary());
  adopt(&options->canary_continue, spec.canary_continue());
  adopt(&options->splay, absl::Milliseconds(spec.splay_ms()));
  adopt(&options->group_by, spec.group_by());
  adopt(&options->group_concurrency, spec.group_concurrency());
  adopt(&options->groups_at_once, spec.groups_at_once());
  adopt(&options->retries, spec.retries());
  adopt(&options->retry_sleep, absl::Milliseconds(spec.retry_sleep_ms()));
  adopt(&options->queue, spec.queue_offline());
  adopt(&options->ttl, absl::Milliseconds(spec.ttl_ms()));
  adopt(&options->lock, spec.lock());
  adopt(&options->record, spec.record());
  adopt(&options->live, spec.live_output() && !options->async);
}

absl::Duration LongestRollout(const v1::JobSpec& spec, uint32_t targets, absl::Duration task) {
  if (spec.canary() > 0 && !spec.canary_continue()) return absl::InfiniteDuration();
  absl::Duration longest = absl::Milliseconds(spec.splay_ms()) + absl::Milliseconds(spec.ttl_ms());
  const int64_t attempts = 1 + int64_t{spec.retries()};
  longest += (attempts - 1) * (task + absl::Milliseconds(spec.retry_sleep_ms()));
  // At worst one node after the other.
  if (!spec.group_by().empty()) longest += attempts * int64_t{std::max<uint32_t>(targets, 1)} * task;
  if (spec.canary() > 0) longest += attempts * task;
  return longest;
}

}  // namespace orch::cli

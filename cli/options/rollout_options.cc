#include "cli/options/rollout_options.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/options/option_values.h"

namespace orch::cli {
namespace {

constexpr size_t kMaxNameBytes = 128;  // of a lock, an idempotency key or a ticket
constexpr size_t kMaxReasonBytes = 1024;

class Adder {
 public:
  Adder(std::string group, OptionTable* table) : group_(std::move(group)), table_(table) {}

  void Number(const char* name, const char* value, const char* help, uint32_t* target) {
    table_->Number({name}, value, help, group_, target);
  }
  void Time(const char* name, const char* help, absl::Duration* target) {
    table_->Value({name}, "SECONDS", help, group_, target,
                  [](const std::string& text) { return ParseSeconds(text, /*zero_allowed=*/false); });
  }
  void Name(const char* name, const char* value, const char* help, std::string* target) {
    table_->Add({{name}, value, help, group_, {}, false, [target](const std::string& text) {
                   if (text.empty()) return WrongOption("its value is empty");
                   if (text.size() > kMaxNameBytes)
                     return WrongOption(absl::StrCat("at most ", kMaxNameBytes, " bytes"));
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
  add.Number("--canary", "COUNT", "Send to this number of nodes first, and to the others if all of them succeed",
             &options->canary);
  add.Flag("--canary-continue", "Continue automatically after the canary; otherwise 'orchctl job resume' continues",
           &options->canary_continue);
  add.Time("--splay", "Spread the start over this time: each node waits for a part of it", &options->splay);
  add.Name("--group-by", "FACT", "Group nodes by the value of this fact", &options->group_by);
  add.Number("--group-concurrency", "COUNT", "Maximum number of nodes of a group that work concurrently",
             &options->group_concurrency);
  add.Number("--groups-at-once", "COUNT", "Maximum number of groups that work concurrently", &options->groups_at_once);
  add.Number("--retries", "COUNT", "Maximum number of retries on nodes where an idempotent action failed",
             &options->retries);
  add.Time("--retry-sleep", "Pause before each retry", &options->retry_sleep);
  add.Flag("--queue", "Keep the command for nodes that are away until they connect", &options->queue);
  add.Time("--ttl", "How long --queue keeps the command, such as 1h; ignored without --queue", &options->ttl);
  add.Name("--lock", "NAME", "Hold this lock: no other job with it runs at the same time", &options->lock);
  add.Name("--idempotency-key", "KEY", "A repeated request with this key follows the existing job",
           &options->idempotency_key);
  table->Value({"--reason"}, "TEXT", "Why the job is run, for the audit log and for those who approve it",
               "Job Options", &options->reason, [](const std::string& text) -> absl::StatusOr<std::string> {
                 if (text.size() > kMaxReasonBytes)
                   return WrongOption(absl::StrCat("at most ", kMaxReasonBytes, " bytes"));
                 return text;
               });
  add.Name("--ticket", "NUMBER", "Number of the change or incident that the job belongs to", &options->ticket);
  add.Flag("--record", "Store the job in the hub even if it only reads", &options->record);
  table->Flag({"--async", "--nr", "--no-results"},
              "Print the job's id as soon as the hub has accepted the job, and exit", "Job Options", &options->async);
  add.Flag("--live", "Show the output of actions while they run", &options->live);
}

absl::Status CheckRolloutOptions(const RolloutOptions& options) {
  if (options.canary_continue && options.canary == 0) return WrongOption("--canary-continue needs --canary COUNT");
  if ((options.group_concurrency > 0 || options.groups_at_once > 0) && options.group_by.empty())
    return WrongOption("--group-concurrency and --groups-at-once need --group-by FACT");
  if (!options.group_by.empty() && options.group_concurrency == 0 && options.groups_at_once == 0)
    return WrongOption("--group-by needs --group-concurrency COUNT, --groups-at-once COUNT or both");
  if (options.retry_sleep > absl::ZeroDuration() && options.retries == 0)
    return WrongOption("--retry-sleep needs --retries COUNT");
  if (options.queue && options.ttl == absl::ZeroDuration())
    return WrongOption("--queue needs --ttl, how long the command may wait: --ttl 1h");
  if (options.async && options.live) return WrongOption("--async and --live exclude each other");
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
  // Without --queue it is MCollective's option for the validity of a request, which has no effect here.
  if (options.queue) spec->set_ttl_ms(absl::ToInt64Milliseconds(options.ttl));
  spec->set_lock(options.lock);
  spec->set_idempotency_key(options.idempotency_key);
  spec->set_record(options.record || options.async);  // otherwise nobody could ask for the job later
  spec->set_live_output(options.live);
  spec->set_reason(options.reason);
  spec->set_ticket(options.ticket);
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
  adopt(&options->reason, spec.reason());
  adopt(&options->ticket, spec.ticket());
  adopt(&options->record, spec.record());
  adopt(&options->live, spec.live_output() && !options->async);
}

absl::Duration LongestRollout(const v1::JobSpec& spec, uint32_t targets, absl::Duration task) {
  if (spec.canary() > 0 && !spec.canary_continue()) return absl::InfiniteDuration();
  absl::Duration longest = absl::Milliseconds(spec.splay_ms()) + absl::Milliseconds(spec.ttl_ms());
  const int64_t attempts = 1 + int64_t{spec.retries()};
  longest += (attempts - 1) * (task + absl::Milliseconds(spec.retry_sleep_ms()));
  // In the worst case one node runs after the other.
  if (!spec.group_by().empty()) longest += attempts * int64_t{std::max<uint32_t>(targets, 1)} * task;
  if (spec.canary() > 0) longest += attempts * task;
  return longest;
}

}  // namespace orch::cli

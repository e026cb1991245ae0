// The commands `orchctl job list`, `show`, `locks` and `prune`.
#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/commands/job_commands.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/text_table.h"
#include "cli/views/job_record_text.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

constexpr uint32_t kShownJobs = 50;  // without --max

absl::StatusOr<uint32_t> ParseCountOrZero(const std::string& text) {
  uint32_t count = 0;
  if (absl::SimpleAtoi(text, &count)) return count;
  return WrongOption(absl::StrCat("'", text, "' is no whole number"));
}

// Which jobs are listed. For the hub a cancelled job is a finished one.
struct StateFilter {
  v1::JobState state = v1::JOB_STATE_UNSPECIFIED;
  bool cancelled = false;  // only jobs that ended because they were cancelled
};

constexpr OptionChoice<StateFilter> kStateFilters[] = {{"running", {v1::JOB_RUNNING}},
                                                       {"paused", {v1::JOB_PAUSED}},
                                                       {"pending-approval", {v1::JOB_PENDING_APPROVAL}},
                                                       {"finished", {v1::JOB_FINISHED}},
                                                       {"cancelled", {v1::JOB_FINISHED, true}}};

absl::StatusOr<StateFilter> ParseFilter(const std::string& text) {
  const absl::StatusOr<StateFilter> filter = ParseChoice(absl::AsciiStrToLower(text), kStateFilters);
  return filter.ok() ? filter : NoneOf(text, NamesOf(kStateFilters));
}

// Appends up to `most` jobs to `jobs` and returns whether there are more. With `cancelled`, only cancelled ones.
absl::StatusOr<bool> FetchJobs(HubClient* hub, v1::ListJobsRequest request, bool cancelled, uint32_t most,
                               std::vector<v1::Job>* jobs) {
  bool more = true;
  while (more && jobs->size() < most) {
    request.set_page_size(cancelled ? kRowsPerPage
                                    : static_cast<uint32_t>(std::min<size_t>(kRowsPerPage, most - jobs->size())));
    ORCH_ASSIGN_OR_RETURN(v1::ListJobsResponse response, hub->ListJobs(request));
    for (v1::Job& job : *response.mutable_jobs()) {
      if (!cancelled || IsCancelled(job)) jobs->push_back(std::move(job));
    }
    request.set_page_token(response.next_page_token());
    more = !response.next_page_token().empty();
  }
  more = more || jobs->size() > most;
  if (jobs->size() > most) jobs->resize(most);
  return more;
}

class JobListCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    const std::string group = "Application Options";
    table->Text({"--caller"}, "CALLER", "Show only jobs of this caller, such as client=peadmin", group, &caller_);
    table->Text({"--plugin", "--agent"}, "PLUGIN", "Show only jobs of this plugin", group, &plugin_);
    table->Text({"--action"}, "ACTION", "Show only jobs of this action", group, &action_);
    table->Value({"--state"}, "STATE",
                 "Show only running, paused, finished or cancelled jobs; cancelled jobs are finished too", group,
                 &filter_, ParseFilter, NamesOf(kStateFilters));
    table->Text({"--since"}, "WHEN", "Show only newer jobs: 2h, 3d, 2026-11-21", group, &since_);
    table->Text({"--until"}, "WHEN", "Show only older jobs", group, &until_);
    table->Number({"-n", "--max"}, "COUNT", "Maximum number of jobs (50)", group, &most_);
    table->Flag({"--all"}, "Show all jobs", group, &all_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "job list [options]"));
    ORCH_ASSIGN_OR_RETURN(const v1::ListJobsRequest request, Request(context->env().clock->Now()));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    std::vector<v1::Job> jobs;
    ORCH_ASSIGN_OR_RETURN(const bool more,
                          FetchJobs(hub, request, filter_.cancelled, all_ ? UINT32_MAX : most_, &jobs));
    Show(context, jobs);
    if (more) context->Note("orchctl: there are more; --all or --max COUNT shows them\n");
    return kExitOk;
  }

 private:
  absl::StatusOr<v1::ListJobsRequest> Request(absl::Time now) const {
    v1::ListJobsRequest request;
    request.set_caller(caller_);
    request.set_plugin(plugin_);
    request.set_action(action_);
    request.set_state(filter_.state);
    if (!since_.empty()) {
      ORCH_ASSIGN_OR_RETURN(const absl::Time since, ParseWhen(since_, now));
      request.set_created_after_us(absl::ToUnixMicros(since));
    }
    if (!until_.empty()) {
      ORCH_ASSIGN_OR_RETURN(const absl::Time until, ParseWhen(until_, now));
      request.set_created_before_us(absl::ToUnixMicros(until));
    }
    return request;
  }

  static void Show(Context* context, const std::vector<v1::Job>& jobs) {
    const Format format = context->options().format;
    if (format == Format::kJsonLines) {
      for (const v1::Job& job : jobs) context->Print(absl::StrCat(PrintableJson(JobJson(job)), "\n"));
    } else if (format == Format::kJson || format == Format::kJsonArray) {
      Json list = Json::array();
      for (const v1::Job& job : jobs) list.push_back(JobJson(job));
      context->Print(JsonText(list, context->env().out_is_terminal));
    } else if (jobs.empty()) {
      context->Note("No jobs.\n");
    } else {
      const Environment& env = context->env();
      context->Print(JobTable(jobs, env.OutputColumns(), env.clock->Now()));
    }
  }

  std::string caller_, plugin_, action_, since_, until_;
  StateFilter filter_;
  uint32_t most_ = kShownJobs;
  bool all_ = false;
};

class JobShowCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_ASSIGN_OR_RETURN(const std::string id, JobIdOf(words, "job show <job>"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(const v1::GetJobResponse response, FetchJob(context, id));
    context->Print(context->options().format == Format::kHuman
                       ? JobText(response)
                       : JsonText(JobDetailJson(response), context->env().out_is_terminal));
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kJobs, words);
  }
};

class JobLocksCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "job locks"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::ListLocksResponse response, hub->ListLocks());
    Json list = Json::array();
    std::vector<std::vector<std::string>> rows = {{"LOCK", "JOB", "CALLER", "SINCE"}};
    for (const auto& lock : response.locks()) {
      list.push_back({{"lock", lock.name()},
                      {"job_id", lock.job_id()},
                      {"caller", lock.caller()},
                      {"since", static_cast<double>(lock.since_us()) / 1e6}});
      rows.push_back(
          {Printable(lock.name()), Printable(lock.job_id()), Printable(lock.caller()), WhenText(lock.since_us())});
    }
    if (context->options().format != Format::kHuman) {
      context->Print(JsonText(list, context->env().out_is_terminal));
    } else if (rows.size() == 1) {
      context->Note("No job holds a lock.\n");
    } else {
      context->Print(TextTable(rows, context->env().OutputColumns()));
    }
    return kExitOk;
  }
};

class JobPruneCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    const std::string group = "Application Options";
    table->Text({"--finished-before"}, "WHEN", "Forget jobs that ended before this time: 7d, 2026-11-21", group,
                &before_);
    table->Value({"--keep"}, "COUNT", "Keep this number of the newest jobs", group, &keep_, ParseCountOrZero);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "job prune --finished-before <when>"));
    if (before_.empty() && !keep_.has_value())
      return WrongOption("say which jobs to forget: --finished-before 7d, --keep 100, or both");
    v1::PruneJobsRequest request;
    request.set_keep(keep_.value_or(0));
    if (!before_.empty()) {
      ORCH_ASSIGN_OR_RETURN(const absl::Time before, ParseWhen(before_, context->env().clock->Now()));
      request.set_finished_before_us(absl::ToUnixMicros(before));
    } else if (keep_ == 0u) {
      // Means all jobs that have ended by now, because the hub accepts no request without a bound.
      request.set_finished_before_us(absl::ToUnixMicros(context->env().clock->Now()));
    }
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    if (context->options().dry_run) return DryRun(context, hub, request);
    ORCH_ASSIGN_OR_RETURN(const v1::PruneJobsResponse response, hub->PruneJobs(request));
    context->Print(context->options().format == Format::kHuman
                       ? absl::StrCat(response.removed(), " jobs forgotten\n")
                       : JsonText({{"removed", response.removed()}}, context->env().out_is_terminal));
    return kExitOk;
  }

 private:
  // Applies the hub's rule: jobs that ended before the bound go, the oldest first, but the newest `keep` stay.
  static absl::StatusOr<int> DryRun(Context* context, HubClient* hub, const v1::PruneJobsRequest& request) {
    v1::ListJobsRequest list;
    list.set_state(v1::JOB_FINISHED);
    std::vector<v1::Job> jobs;
    ORCH_RETURN_IF_ERROR(FetchJobs(hub, list, false, UINT32_MAX, &jobs).status());
    const auto end_of = [](const v1::Job& job) { return job.created_us() + job.summary().elapsed_us(); };
    std::sort(jobs.begin(), jobs.end(), [&](const v1::Job& a, const v1::Job& b) { return end_of(a) < end_of(b); });
    jobs.resize(jobs.size() - std::min<size_t>(jobs.size(), request.keep()));
    if (request.finished_before_us() > 0) {
      std::erase_if(jobs, [&](const v1::Job& job) { return end_of(job) >= request.finished_before_us(); });
    }
    context->Print(context->options().format == Format::kHuman
                       ? absl::StrCat("Dry run: ", jobs.size(), " jobs would be forgotten\n")
                       : JsonText({{"dry_run", true}, {"would_remove", jobs.size()}}, context->env().out_is_terminal));
    return kExitOk;
  }

  std::string before_;
  std::optional<uint32_t> keep_;
};

}  // namespace

std::unique_ptr<Command> MakeJobListCommand() { return std::make_unique<JobListCommand>(); }
std::unique_ptr<Command> MakeJobShowCommand() { return std::make_unique<JobShowCommand>(); }
std::unique_ptr<Command> MakeJobLocksCommand() { return std::make_unique<JobLocksCommand>(); }
std::unique_ptr<Command> MakeJobPruneCommand() { return std::make_unique<JobPruneCommand>(); }

}  // namespace orch::cli

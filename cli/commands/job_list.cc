// orchctl job list, show, locks, prune.
#include <algorithm>

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

constexpr uint32_t kPage = 1000;
constexpr uint32_t kShownJobs = 50;  // without --max

absl::StatusOr<uint32_t> ParseCount(const std::string& text, bool zero_allowed) {
  uint32_t count = 0;
  if (absl::SimpleAtoi(text, &count) && (count > 0 || zero_allowed)) return count;
  return Wrong(absl::StrCat("'", text, "' is no whole number", zero_allowed ? "" : " above 0"));
}

// Up to `most` jobs into `jobs`; whether there are more. `cancelled`: only such, which the hub counts as finished.
absl::StatusOr<bool> EachJob(HubClient* hub, v1::ListJobsRequest request, bool cancelled, uint32_t most,
                             std::vector<v1::Job>* jobs) {
  bool more = true;
  while (more && jobs->size() < most) {
    request.set_page_size(cancelled ? kPage : static_cast<uint32_t>(std::min<size_t>(kPage, most - jobs->size())));
    ORCH_ASSIGN_OR_RETURN(v1::ListJobsResponse response, hub->ListJobs(request));
    for (v1::Job& job : *response.mutable_jobs()) {
      if (!cancelled || JobStateName(job) == "cancelled") jobs->push_back(std::move(job));
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
    table->Text({"--caller"}, "CALLER", "Only of this caller, as client=peadmin", group, &caller_);
    table->Text({"--plugin", "--agent"}, "PLUGIN", "Only of this plugin", group, &plugin_);
    table->Text({"--action"}, "ACTION", "Only of this action", group, &action_);
    table->Add({{"--state"},
                "STATE",
                "Only running, paused, finished or cancelled ones; finished ones hold the cancelled",
                group,
                {"running", "paused", "finished", "cancelled"},
                false,
                [this](const std::string& text) {
                  cancelled_ = text == "cancelled";
                  const std::string name = cancelled_ ? "finished" : text;
                  if (v1::JobState_Parse(absl::StrCat("JOB_", absl::AsciiStrToUpper(name)), &state_))
                    return absl::OkStatus();
                  return Wrong(absl::StrCat("'", text, "' is none of running, paused, finished, cancelled"));
                }});
    table->Text({"--since"}, "WHEN", "Only newer ones: 2h, 3d, 2026-11-21", group, &since_);
    table->Text({"--until"}, "WHEN", "Only older ones", group, &until_);
    table->Add({{"-n", "--max"},
                "COUNT",
                "At most so many (50)",
                group,
                {},
                false,
                [this](const std::string& text) -> absl::Status {
                  ORCH_ASSIGN_OR_RETURN(most_, ParseCount(text, false));
                  return absl::OkStatus();
                }});
    table->Flag({"--all"}, "All of them", group, &all_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "job list [options]"));
    ORCH_ASSIGN_OR_RETURN(const v1::ListJobsRequest request, Request(context->env().clock->Now()));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    std::vector<v1::Job> jobs;
    ORCH_ASSIGN_OR_RETURN(const bool more, EachJob(hub, request, cancelled_, all_ ? UINT32_MAX : most_, &jobs));
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
    request.set_state(state_);
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
  v1::JobState state_ = v1::JOB_STATE_UNSPECIFIED;
  bool cancelled_ = false;  // for the hub they are finished ones
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
    return {words.empty() ? NextWord::kJobs : NextWord::kNothing};
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
    table->Text({"--finished-before"}, "WHEN", "Those that ended before: 7d, 2026-11-21", group, &before_);
    table->Add({{"--keep"},
                "COUNT",
                "But the newest so many stay",
                group,
                {},
                false,
                [this](const std::string& text) -> absl::Status {
                  ORCH_ASSIGN_OR_RETURN(keep_, ParseCount(text, true));
                  keep_given_ = true;
                  return absl::OkStatus();
                }});
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "job prune --finished-before <when>"));
    if (before_.empty() && !keep_given_)
      return Wrong("say which jobs to forget: --finished-before 7d, --keep 100, or both");
    v1::PruneJobsRequest request;
    request.set_keep(keep_);
    if (!before_.empty()) {
      ORCH_ASSIGN_OR_RETURN(const absl::Time before, ParseWhen(before_, context->env().clock->Now()));
      request.set_finished_before_us(absl::ToUnixMicros(before));
    } else if (keep_ == 0) {
      // All that have ended by now; the hub takes no request without a bound.
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
  // The rule is the hub's: from the one that ended first on, those that ended before the bound, but the newest stay.
  static absl::StatusOr<int> DryRun(Context* context, HubClient* hub, const v1::PruneJobsRequest& request) {
    v1::ListJobsRequest list;
    list.set_state(v1::JOB_FINISHED);
    std::vector<v1::Job> jobs;
    ORCH_RETURN_IF_ERROR(EachJob(hub, list, false, UINT32_MAX, &jobs).status());
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
  uint32_t keep_ = 0;
  bool keep_given_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeJobListCommand() { return std::make_unique<JobListCommand>(); }
std::unique_ptr<Command> MakeJobShowCommand() { return std::make_unique<JobShowCommand>(); }
std::unique_ptr<Command> MakeJobLocksCommand() { return std::make_unique<JobLocksCommand>(); }
std::unique_ptr<Command> MakeJobPruneCommand() { return std::make_unique<JobPruneCommand>(); }

}  // namespace orch::cli

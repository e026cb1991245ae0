#include "cli/views/machine_view.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "actions/ddl/aggregator.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_text.h"
#include "cli/views/json_text.h"
#include "cli/views/reply_choice.h"
#include "cli/views/table_view.h"

namespace orch::cli {
namespace {

Json SummariesJson(const ddl::Aggregator* aggregator) {
  Json summaries = Json::array();
  if (aggregator == nullptr) return summaries;
  for (const ddl::Aggregator::Result& result : aggregator->Results()) {
    summaries.push_back(
        {{"title", result.title}, {"output", result.output}, {"function", result.function}, {"value", result.value}});
  }
  return summaries;
}

std::unique_ptr<ddl::Aggregator> MakeAggregator(const ddl::Action* action) {
  return action == nullptr ? nullptr : std::make_unique<ddl::Aggregator>(*action);
}

// Prints one object, or the bare array of replies, at the end of the job.
class JsonView final : public JobView {
 public:
  JsonView(Context* context, JobSubject subject)
      : context_(context), subject_(std::move(subject)), aggregator_(MakeAggregator(subject_.action)) {}

  void OnStart(const JobStart&) override {}
  bool OnAnswer(const Answer& answer) override {
    if (aggregator_ != nullptr) AddToSummaries(answer, aggregator_.get());
    Json reply = AnswerJson(answer);
    reply["data"] = ChosenData(answer.data, context_->options().columns);
    if (context_->options().format == Format::kJsonArray) {
      if (answer.missing()) return true;
      reply = {{"agent", subject_.plugin},  {"action", subject_.action_name}, {"sender", answer.identity},
               {"statuscode", answer.code}, {"statusmsg", answer.message},    {"data", reply["data"]}};
    }
    replies_.push_back(std::move(reply));
    return true;
  }
  void OnProgress(size_t, size_t) override {}
  void OnEnd(const JobEnd& end) override {
    if (context_->options().sort) {
      std::sort(replies_.begin(), replies_.end(),
                [](const Json& a, const Json& b) { return a["sender"] < b["sender"]; });
    }
    Json document = std::move(replies_);
    if (context_->options().format == Format::kJson) {
      document = {{"agent", subject_.plugin},
                  {"action", subject_.action_name},
                  {"replies", std::move(document)},
                  {"request_stats", StatsJson(end)},
                  {"summaries", SummariesJson(aggregator_.get())}};
    }
    context_->Print(JsonText(document, context_->env().out_is_terminal));
    context_->Note(CutShortText(end));
  }

 private:
  Context* const context_;
  const JobSubject subject_;
  const std::unique_ptr<ddl::Aggregator> aggregator_;
  Json replies_ = Json::array();
};

// Prints one object per line as things happen.
class JsonLinesView final : public JobView {
 public:
  JsonLinesView(Context* context, JobSubject subject)
      : context_(context), subject_(std::move(subject)), aggregator_(MakeAggregator(subject_.action)) {}

  void OnStart(const JobStart& start) override {
    Print({{"kind", "discovery"},
           {"agent", subject_.plugin},
           {"action", subject_.action_name},
           {"requestid", start.job_id},
           {"count", start.targets},
           {"unknown", start.unknown},
           {"offline", start.offline},
           {"discover_time", absl::ToDoubleSeconds(start.discovery)}});
  }
  bool OnAnswer(const Answer& answer) override {
    if (aggregator_ != nullptr) AddToSummaries(answer, aggregator_.get());
    Json line = AnswerJson(answer);
    line["data"] = ChosenData(answer.data, context_->options().columns);
    line["kind"] = "result";
    Print(line);
    return true;
  }
  void OnProgress(size_t, size_t) override { context_->env().out->Push(); }
  void OnEnd(const JobEnd& end) override {
    const Json summaries = SummariesJson(aggregator_.get());
    if (!summaries.empty()) Print({{"kind", "summaries"}, {"summaries", summaries}});
    Json stats = StatsJson(end);
    stats["kind"] = "stats";
    Print(stats);
    if (!end.error.ok()) {
      Print({{"kind", "error"}, {"error", std::string(end.error.message())}, {"exit_code", ExitCodeOf(end.error)}});
    }
    context_->Note(CutShortText(end));
  }

 private:
  void Print(const Json& line) { context_->Print(absl::StrCat(PrintableJson(line), "\n")); }

  Context* const context_;
  const JobSubject subject_;
  const std::unique_ptr<ddl::Aggregator> aggregator_;
};

// Prints the names of the nodes that --senders selects as they answer, so that they can be piped into another command.
class SendersView final : public JobView {
 public:
  explicit SendersView(Context* context) : context_(context) {}
  void OnStart(const JobStart&) override {}
  bool OnAnswer(const Answer& answer) override {
    if (IsWanted(answer)) names_.push_back(answer.identity);
    return true;
  }
  void OnProgress(size_t, size_t) override {
    if (!context_->options().sort) Print();
  }
  void OnEnd(const JobEnd& end) override {
    const SenderMode mode = context_->options().senders;
    if (mode == SenderMode::kMissing || mode == SenderMode::kAll)
      names_.insert(names_.end(), end.start.unknown.begin(), end.start.unknown.end());
    std::sort(names_.begin(), names_.end());
    Print();
    context_->Note(CutShortText(end));
  }

 private:
  bool IsWanted(const Answer& answer) const {
    switch (context_->options().senders) {
      case SenderMode::kOk:
        return answer.ok();
      case SenderMode::kFailed:
        return !answer.ok() && !answer.missing();
      case SenderMode::kMissing:
        return answer.missing();
      case SenderMode::kAll:
        return true;
    }
    return false;
  }
  void Print() {
    for (const std::string& name : names_) context_->Print(absl::StrCat(Printable(name), "\n"));
    names_.clear();
    context_->env().out->Push();
  }

  Context* const context_;
  std::vector<std::string> names_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<JobView>> MakeMachineView(Context* context, const JobSubject& subject) {
  switch (context->options().format) {
    case Format::kHuman:
      return std::unique_ptr<JobView>();
    case Format::kJson:
    case Format::kJsonArray:
      return std::unique_ptr<JobView>(std::make_unique<JsonView>(context, subject));
    case Format::kJsonLines:
      return std::unique_ptr<JobView>(std::make_unique<JsonLinesView>(context, subject));
    case Format::kTable:
      return std::unique_ptr<JobView>(std::make_unique<TableView>(context, subject));
    case Format::kSenders:
      return std::unique_ptr<JobView>(std::make_unique<SendersView>(context));
  }
  return absl::InternalError("an output format without a view");
}

}  // namespace orch::cli

#include "cli/views/puppet_views.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_text.h"
#include "cli/terminal/sparkline.h"
#include "cli/terminal/value_text.h"
#include "cli/views/answer_text.h"

namespace orch::cli {
namespace {

constexpr size_t kChartBuckets = 20;

// Returns the value at a dotted path, or null.
Json FieldAtPath(const Json& data, absl::string_view path) {
  const Json* value = &data;
  for (absl::string_view part : absl::StrSplit(path, '.')) {
    if (!value->is_object() || !value->contains(std::string(part))) return Json();
    value = &(*value)[std::string(part)];
  }
  return *value;
}

// puppetd sends 1 and 0 for booleans.
bool IsSet(const Json& data, const char* key) {
  const Json value = FieldAtPath(data, key);
  return value.is_boolean() ? value.get<bool>() : value.is_number() && value.get<double>() != 0;
}

class StatusView final : public PuppetView {
 public:
  StatusView(Context* context, const Invocation& invocation) : PuppetView(context), invocation_(invocation) {}

 protected:
  std::string Text(const std::vector<Answer>& answers, const JobEnd& end) const override {
    const bool puppetd = IsPuppetd(invocation_);
    size_t width = 0;
    for (const Answer& answer : answers) width = std::max(width, Printable(answer.identity).size());
    std::string text;
    ddl::Aggregator aggregator(*invocation_.action);
    for (const Answer& answer : answers) {
      aggregator.Add(answer.data);
      const std::string said = DisplayValue(FieldAtPath(answer.data, puppetd ? "output" : "message"));
      if (puppetd) {
        absl::StrAppend(&text, Printable(answer.identity), "  ", said, "\n");
      } else {
        absl::StrAppendFormat(&text, "%*s: %s\n", static_cast<int>(width), Printable(answer.identity), said);
      }
    }
    if (context_->options().quiet) return text;
    if (!puppetd && !answers.empty()) absl::StrAppend(&text, "\n", SummariesText(aggregator, context_->style()));
    return absl::StrCat(text, "\n", FinishedLine(end.answered(), end.asked(), end.total_time, context_->style()));
  }

 private:
  const Invocation& invocation_;
};

class CountView final : public PuppetView {
 public:
  CountView(Context* context, const Invocation& invocation) : PuppetView(context), puppetd_(IsPuppetd(invocation)) {}

 protected:
  std::string Text(const std::vector<Answer>& answers, const JobEnd&) const override {
    const auto count = [&answers](auto holds) { return std::count_if(answers.begin(), answers.end(), holds); };
    const auto total = answers.size();
    const size_t enabled = count([](const Answer& answer) { return IsSet(answer.data, "enabled"); });
    const size_t idling = count([](const Answer& answer) { return IsSet(answer.data, "idling"); });
    if (puppetd_) {
      const size_t running = count([](const Answer& answer) { return IsSet(answer.data, "running"); });
      const size_t stopped = count([](const Answer& answer) { return IsSet(answer.data, "stopped"); });
      return absl::StrCat("          Nodes currently enabled: ", enabled, "\n",            //
                          "         Nodes currently disabled: ", total - enabled, "\n\n",  //
                          "Nodes currently doing puppet runs: ", running, "\n",            //
                          "          Nodes currently stopped: ", stopped, "\n",            //
                          "           Nodes currently idling: ", idling, "\n");
    }
    const size_t applying = count([](const Answer& answer) { return IsSet(answer.data, "applying"); });
    const size_t daemons = count([](const Answer& answer) { return IsSet(answer.data, "daemon_present"); });
    return absl::StrCat("Total Puppet nodes: ", total, "\n\n",                            //
                        "          Nodes currently enabled: ", enabled, "\n",             //
                        "         Nodes currently disabled: ", total - enabled, "\n\n",   //
                        "Nodes currently doing puppet runs: ", applying, "\n",            //
                        "          Nodes currently stopped: ", total - applying, "\n\n",  //
                        "       Nodes with daemons started: ", daemons, "\n",             //
                        "    Nodes without daemons started: ", total - daemons, "\n",     //
                        "       Daemons started but idling: ", idling, "\n");
  }

 private:
  const bool puppetd_;
};

struct Figure {
  const char* label;
  const char* path;
  const char* puppetd_path;  // for puppetd
};

constexpr Figure kFigures[] = {
    {"Total resources", "total_resources", "resources.total"},
    {"Out Of Sync resources", "out_of_sync_resources", "resources.out_of_sync"},
    {"Failed resources", "failed_resources", "resources.failed"},
    {"Changed resources", "changed_resources", "resources.changed"},
    {"Corrected resources", "corrected_resources", "resources.corrective_change"},
    {"Config Retrieval time (seconds)", "config_retrieval_time", "time.config_retrieval"},
    {"Total run-time (seconds)", "total_time", "time.total"},
    {"Time since last run (seconds)", "since_lastrun", nullptr},
};

// Returns "▇▁   ▂  min: 1.0    avg: 2.0    max: 5.0". The chart counts nodes by value, the smallest first.
std::string FigureText(const std::vector<double>& values) {
  if (values.empty()) return "no figures";
  const double least = *std::min_element(values.begin(), values.end());
  const double most = *std::max_element(values.begin(), values.end());
  double sum = 0;
  std::vector<size_t> buckets(kChartBuckets);
  for (const double value : values) {
    sum += value;
    const double share = most > least ? (value - least) / (most - least) : 0;
    ++buckets[std::min(kChartBuckets - 1, static_cast<size_t>(share * kChartBuckets))];
  }
  return absl::StrFormat("%s  min: %-6s avg: %-6s max: %s", Sparkline(buckets), absl::StrFormat("%.1f", least),
                         absl::StrFormat("%.1f", sum / static_cast<double>(values.size())),
                         absl::StrFormat("%.1f", most));
}

class SummaryView final : public PuppetView {
 public:
  SummaryView(Context* context, const Invocation& invocation) : PuppetView(context), puppetd_(IsPuppetd(invocation)) {}

 protected:
  std::string Text(const std::vector<Answer>& answers, const JobEnd&) const override {
    std::string text = absl::StrCat("Summary statistics for ", answers.size(), " nodes:\n\n");
    for (const Figure& figure : kFigures) {
      std::vector<double> values;
      for (const Answer& answer : answers) {
        const Json value = ValueOf(figure, answer.data);
        if (value.is_number()) values.push_back(value.get<double>());
      }
      absl::StrAppendFormat(&text, "%33s: %s\n", figure.label, FigureText(values));
    }
    return text;
  }

 private:
  Json ValueOf(const Figure& figure, const Json& data) const {
    if (!puppetd_) return FieldAtPath(data, figure.path);
    if (figure.puppetd_path != nullptr) return FieldAtPath(data, figure.puppetd_path);
    const Json last = FieldAtPath(data, "time.last_run");
    if (!last.is_number()) return Json();
    return std::max<int64_t>(0, absl::ToUnixSeconds(context_->env().clock->Now()) - last.get<int64_t>());
  }

  const bool puppetd_;
};

}  // namespace

bool IsPuppetd(const Invocation& invocation) { return invocation.plugin->name == "puppetd"; }

std::unique_ptr<PuppetView> MakePuppetStatusView(Context* context, const Invocation& invocation) {
  return std::make_unique<StatusView>(context, invocation);
}

std::unique_ptr<PuppetView> MakePuppetCountView(Context* context, const Invocation& invocation) {
  return std::make_unique<CountView>(context, invocation);
}

std::unique_ptr<PuppetView> MakePuppetSummaryView(Context* context, const Invocation& invocation) {
  return std::make_unique<SummaryView>(context, invocation);
}

}  // namespace orch::cli

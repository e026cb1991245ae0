// The command `orchctl facts`.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/jobs/away_text.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_text.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/text_table.h"
#include "cli/terminal/value_text.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

struct FactValue {
  Json value;
  std::string text;
  size_t count = 0;
  std::vector<std::string> nodes;
};

absl::StatusOr<std::vector<FactValue>> Values(const v1::FactReportResponse& report) {
  std::vector<FactValue> values;
  for (const auto& entry : report.values()) {
    FactValue value;
    ORCH_ASSIGN_OR_RETURN(value.value, ParseJson(entry.value_json(), "fact value from the hub"));
    value.text = DisplayValue(value.value);
    value.count = entry.count();
    value.nodes.assign(entry.identities().begin(), entry.identities().end());
    std::sort(value.nodes.begin(), value.nodes.end());
    values.push_back(std::move(value));
  }
  return values;
}

class FactsCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Flag({"-n", "--list-nodes"}, "List the nodes of each value", "Application Options", &list_nodes_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty()) return absl::InvalidArgumentError("no fact named; usage: orchctl facts <fact>");
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, "facts <fact>"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(const Targets targets, context->MakeTargets());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    name_ = words[0];
    with_nodes_ = list_nodes_ || context->options().verbose || context->options().format != Format::kHuman;
    v1::FactReportRequest request;
    request.set_path(name_);
    request.set_with_nodes(with_nodes_);
    *request.mutable_target() = targets.wire;
    end_.started = context->env().clock->Now();
    const absl::Duration before = context->env().clock->Steady();
    ORCH_ASSIGN_OR_RETURN(const v1::FactReportResponse report, hub->FactReport(request));
    end_.total_time = context->env().clock->Steady() - before;
    end_.agent_time = absl::Microseconds(report.elapsed_us());
    end_.start.targets = report.nodes();
    end_.tally.ok = report.nodes();
    ORCH_ASSIGN_OR_RETURN(const std::vector<FactValue> values, Values(report));
    context->Note(AwayText(report.away()));
    Show(context, report, values);
    if (report.nodes() > 0 && values.empty()) {
      context->Note(absl::StrCat("orchctl: no ", report.away().count() > 0 ? "connected " : "", "node",
                                 targets.restricted ? " of these" : "", " has a fact '", Printable(name_),
                                 "'; 'orchctl inventory NODE' shows a node's facts\n"));
    }
    return values.empty() ? kExitError : kExitOk;
  }

  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kFacts, words);
  }

 private:
  void Show(Context* context, const v1::FactReportResponse& report, const std::vector<FactValue>& values) {
    switch (context->options().format) {
      case Format::kJson:
      case Format::kJsonArray:
      case Format::kJsonLines:
        return ShowJson(context, report, values);
      case Format::kTable:
        return ShowTable(context, values);
      case Format::kSenders:
        for (const FactValue& value : values) {
          for (const std::string& node : value.nodes) context->Print(absl::StrCat(Printable(node), "\n"));
        }
        return;
      case Format::kHuman:
        return ShowReport(context, report, values);
    }
  }

  void ShowReport(Context* context, const v1::FactReportResponse& report, const std::vector<FactValue>& values) {
    size_t width = 40;
    for (const FactValue& value : values) width = std::max(width, DisplayWidth(value.text));
    if (context->options().verbose) context->Note(DiscoveryLine(report.nodes(), false));
    std::string text = absl::StrCat("Report for fact: ", Printable(name_), "\n\n");
    for (const FactValue& value : values) {
      absl::StrAppend(&text, "        ", PadRight(value.text, width), " found ", value.count, " times\n");
      if (!with_nodes_) continue;
      text += "\n";
      for (const std::string& node : value.nodes) absl::StrAppend(&text, "            ", Printable(node), "\n");
      text += "\n";
    }
    if (report.missing() > 0) absl::StrAppend(&text, "\n        not set on ", report.missing(), " nodes\n");
    if (!context->options().quiet) {
      absl::StrAppend(&text, "\n",
                      context->options().verbose
                          ? StatsBlock("rpc", end_, context->style())
                          : FinishedLine(report.nodes(), report.nodes(), end_.total_time, context->style()),
                      "\n");
    }
    context->Print(text);
  }

  void ShowJson(Context* context, const v1::FactReportResponse& report, const std::vector<FactValue>& values) {
    Json list = Json::array();
    for (const FactValue& value : values) {
      list.push_back({{"value", value.value}, {"count", value.count}, {"nodes", value.nodes}});
    }
    const Format format = context->options().format;
    if (format == Format::kJsonLines) {
      for (Json& line : list) {
        line["kind"] = "fact";
        context->Print(absl::StrCat(PrintableJson(line), "\n"));
      }
      return;
    }
    Json document = std::move(list);
    if (format == Format::kJson) {
      document = {
          {"fact", name_},
          {"values", std::move(document)},
          {"missing", report.missing()},
          {"nodes", report.nodes()},
          {"offline", std::vector<std::string>(report.away().identities().begin(), report.away().identities().end())}};
    }
    context->Print(JsonText(document, context->env().out_is_terminal));
  }

  static void ShowTable(Context* context, const std::vector<FactValue>& values) {
    std::vector<std::vector<std::string>> rows = {{"NODE", "VALUE"}};
    for (const FactValue& value : values) {
      for (const std::string& node : value.nodes) rows.push_back({Printable(node), value.text});
    }
    if (context->options().sort) std::sort(rows.begin() + 1, rows.end());
    context->Print(TextTable(rows, context->env().OutputColumns()));
  }

  bool list_nodes_ = false;
  bool with_nodes_ = false;
  std::string name_;
  JobEnd end_;
};

}  // namespace

std::unique_ptr<Command> MakeFactsCommand() { return std::make_unique<FactsCommand>(); }

}  // namespace orch::cli

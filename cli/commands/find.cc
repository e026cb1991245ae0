// The command `orchctl find`.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/away_text.h"
#include "cli/jobs/job.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_spec.h"
#include "cli/jobs/job_text.h"
#include "cli/jobs/job_view.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

class AnsweringNodes final : public JobView {
 public:
  void OnStart(const JobStart&) override {}
  bool OnAnswer(const Answer& answer) override {
    if (answer.ok()) names.push_back(answer.identity);
    return true;
  }
  void OnProgress(size_t, size_t) override {}
  void OnEnd(const JobEnd& job_end) override { end = job_end; }

  std::vector<std::string> names;
  JobEnd end;
};

class FindCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Flag({"--disconnected"}, "List the known nodes that are not connected instead", "Application Options",
                &only_disconnected_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "find [options] [filters]"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(const Targets targets, context->MakeTargets());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    if (targets.filter.has_data_functions()) {
      if (!only_disconnected_) return AskNodes(context, targets);
      return WrongOption(
          "--disconnected with a data function: only a connected node can answer it; leave one of them out");
    }
    v1::FindNodesRequest request;
    request.set_only_disconnected(only_disconnected_);
    *request.mutable_target() = targets.wire;
    const absl::Duration before = context->env().clock->Steady();
    const StreamEnd end = hub->FindNodes(request, [this](const v1::FindNodesResponse& part) {
      names_.insert(names_.end(), part.identities().begin(), part.identities().end());
      unknown_.insert(unknown_.end(), part.unknown_identities().begin(), part.unknown_identities().end());
      suggestions_.MergeFrom(part.suggestions());
      if (part.has_away()) away_ = part.away();
      return true;
    });
    if (!end.status.ok()) return end.status;
    Show(context, context->env().clock->Steady() - before);
    context->Note(AwayText(away_));
    if (end.interrupted) return kExitInterrupted;
    return names_.empty() ? kExitError : kExitOk;
  }

 private:
  // Only nodes can decide data functions, so the matching nodes are those that answer a ping with this filter.
  absl::StatusOr<int> AskNodes(Context* context, const Targets& targets) {
    v1::JobSpec spec = MakeSpec(context->options(), targets, "rpcutil", "ping");
    spec.set_no_reply_data(true);
    AnsweringNodes view;
    ORCH_ASSIGN_OR_RETURN(const int code, RunJob(context, spec, /*named=*/false, &view));
    names_ = std::move(view.names);
    unknown_ = std::move(view.end.start.unknown);
    Show(context, view.end.total_time);
    for (const std::string& name : view.end.silent) {
      context->Note(absl::StrCat("orchctl: ", Printable(name), " did not say whether it matches\n"));
    }
    if (!view.end.error.ok()) return view.end.error;
    if (code == kExitInterrupted) return code;
    if (!view.end.silent.empty()) return kExitSomeFailed;
    return names_.empty() ? kExitError : kExitOk;
  }

  void Show(Context* context, absl::Duration took) {
    const CommonOptions& options = context->options();
    if (options.sort) std::sort(names_.begin(), names_.end());
    if (options.verbose) context->Note(absl::StrCat(DiscoveryLine(names_.size(), options.classic), "\n"));
    switch (options.format) {
      case Format::kJson:
      case Format::kJsonArray:
        context->Print(JsonText(names_, context->env().out_is_terminal));
        break;
      case Format::kJsonLines:
        ShowLines(context, took);
        break;
      default:
        for (const std::string& name : names_) context->Print(absl::StrCat(Printable(name), "\n"));
    }
    for (const std::string& name : unknown_) context->Note(UnknownText(name, suggestions_));
    if (options.verbose) {
      context->Note(absl::StrFormat("\nDiscovered %d nodes in %.2f seconds using the index discovery method\n",
                                    names_.size(), absl::ToDoubleSeconds(took)));
    }
  }

  void ShowLines(Context* context, absl::Duration took) {
    const auto print = [&](const Json& line) { context->Print(absl::StrCat(PrintableJson(line), "\n")); };
    print({{"kind", "discovery"},
           {"count", names_.size()},
           {"unknown", unknown_},
           {"offline", std::vector<std::string>(away_.identities().begin(), away_.identities().end())}});
    for (const std::string& name : names_) print({{"kind", "result"}, {"sender", name}});
    print({{"kind", "stats"}, {"discovered", names_.size()}, {"total_time", absl::ToDoubleSeconds(took)}});
  }

  std::vector<std::string> names_;
  std::vector<std::string> unknown_;
  google::protobuf::RepeatedPtrField<v1::Suggestion> suggestions_;
  v1::AwayNodes away_;
  bool only_disconnected_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeFindCommand() { return std::make_unique<FindCommand>(); }

}  // namespace orch::cli

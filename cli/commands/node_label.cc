// The command `orchctl node label`: sets and removes labels of nodes, which may never have been seen.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "auth/labels.h"
#include "base/status_macros.h"
#include "cli/commands/node_commands.h"
#include "cli/jobs/away_text.h"
#include "cli/options/option_groups.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

constexpr size_t kMaxLabelNames = 1000;  // the hub accepts this many nodes in one request
constexpr char kLabelUsage[] = "node label <node> ... <name>=<value> ... [--remove <name>]";

class NodeLabelCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Texts({"--remove"}, "LABEL", "Remove this label; several are given one by one or with commas",
                 "Application Options", &remove_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(ReadWords(words));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    const bool by_name = !names_.empty();
    if (by_name && (!context->options().filter.empty() || !context->options().nodes_file.empty())) {
      return WrongOption("nodes are named, and a filter or --nodes chooses others; give one of them");
    }
    v1::LabelNodesResponse answer;
    if (!by_name) ORCH_RETURN_IF_ERROR(ChooseNodes(context));
    if (names_.empty()) {
      context->Note("No known node matches.\n");
      return kExitError;
    }
    if (context->options().dry_run) return DryRun(context);
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    for (size_t first = 0; first < names_.size(); first += kMaxLabelNames) {
      ORCH_ASSIGN_OR_RETURN(const v1::LabelNodesResponse part, hub->LabelNodes(RequestFor(first)));
      answer.MergeFrom(part);
    }
    Show(context, answer);
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>&) const override { return {NextWord::kNodes}; }

 private:
  absl::Status ReadWords(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const size_t equals = word.find('=');
      if (equals != std::string::npos) {
        set_[word.substr(0, equals)] = word.substr(equals + 1);
      } else if (filter::IsIdentity(word)) {
        names_.push_back(word);
      } else {
        return WrongOption(absl::StrCat("'", word.substr(0, 80), "' is neither a node name nor <name>=<value>"));
      }
    }
    std::vector<std::string> removed;
    for (const std::string& list : remove_) {
      for (const absl::string_view name : absl::StrSplit(list, ',', absl::SkipWhitespace())) removed.emplace_back(name);
    }
    remove_ = std::move(removed);
    if (set_.empty() && remove_.empty()) {
      return WrongOption(absl::StrCat("no label is set and none is removed; usage: orchctl ", kLabelUsage));
    }
    for (const std::string& name : remove_) ORCH_RETURN_IF_ERROR(auth::CheckLabelName(name));
    return auth::CheckLabels(set_);
  }

  // The nodes of the filters and of the list on standard input. Names on a list count even if the hub never saw them.
  absl::Status ChooseNodes(Context* context) {
    ORCH_ASSIGN_OR_RETURN(const Targets targets, context->MakeTargets());
    if (!targets.restricted) {
      return WrongOption(
          absl::StrCat("no node is named; name nodes, or choose them by a filter; usage: orchctl ", kLabelUsage));
    }
    const bool only_list = targets.wire.has_identities() && targets.filter.empty();
    if (only_list) {
      names_ = {targets.wire.identities().begin(), targets.wire.identities().end()};
      return absl::OkStatus();
    }
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    v1::FindNodesRequest request;
    request.set_include_disconnected(true);
    *request.mutable_target() = targets.wire;
    const StreamEnd end = hub->FindNodes(request, [&](const v1::FindNodesResponse& part) {
      names_.insert(names_.end(), part.identities().begin(), part.identities().end());
      for (const std::string& name : part.unknown_identities()) {
        context->Note(UnknownText(name, part.suggestions()));
      }
      return true;
    });
    if (end.interrupted) return absl::CancelledError("interrupted; nothing is changed");
    return end.status;
  }

  v1::LabelNodesRequest RequestFor(size_t first) const {
    v1::LabelNodesRequest request;
    for (size_t i = first; i < std::min(names_.size(), first + kMaxLabelNames); ++i) request.add_identities(names_[i]);
    for (const auto& [name, value] : set_) (*request.mutable_set())[name] = value;
    for (const std::string& name : remove_) request.add_remove(name);
    return request;
  }

  std::string What() const {
    std::vector<std::string> parts;
    for (const auto& [name, value] : set_) parts.push_back(absl::StrCat(name, "=", Printable(value)));
    for (const std::string& name : remove_) parts.push_back(absl::StrCat("without ", name));
    return absl::StrJoin(parts, ", ");
  }

  int DryRun(Context* context) const {
    if (context->options().format == Format::kHuman) {
      for (const std::string& name : names_) {
        context->Print(absl::StrCat("Dry run: ", Printable(name), " would be labelled: ", What(), "\n"));
      }
    } else {
      context->Print(JsonText({{"dry_run", true}, {"nodes", names_}, {"set", set_}, {"remove", remove_}},
                              context->env().out_is_terminal));
    }
    return kExitOk;
  }

  void Show(Context* context, const v1::LabelNodesResponse& answer) const {
    const auto list = [](const auto& names) { return std::vector<std::string>(names.begin(), names.end()); };
    if (context->options().format == Format::kHuman) {
      for (const std::string& name : answer.changed()) {
        context->Print(absl::StrCat(Printable(name), " labelled: ", What(), "\n"));
      }
      if (answer.changed_size() == 0) context->Print("No label is different from before.\n");
    } else {
      context->Print(JsonText({{"changed", list(answer.changed())}, {"unknown", list(answer.unknown())}},
                              context->env().out_is_terminal));
    }
    for (const std::string& name : answer.unknown()) {
      context->Note(absl::StrCat("orchctl: ", Printable(name),
                                 " was never seen by the hub; its labels count as soon as it joins\n"));
    }
  }

  std::vector<std::string> names_;
  auth::Labels set_;
  std::vector<std::string> remove_;
};

}  // namespace

CommandEntry NodeLabelVerb() {
  return {"node label",
          {},
          "Set or remove labels of nodes, which no node can claim for itself (trusted.<name> in filters)",
          {"node label <node> ... <name>=<value> ... [--remove <name>] [--dry-run] [-j]",
           "node label [filters] <name>=<value> ... [--remove <name>] [--dry-run] [-j]"},
          kBasicOptions | kJsonOptions | kTargetOptions | kDryRunOptions,
          []() -> std::unique_ptr<Command> { return std::make_unique<NodeLabelCommand>(); }};
}

}  // namespace orch::cli

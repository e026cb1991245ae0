// The command `orchctl node list`: every node that the hub knows, connected or not, and the nodes that wait for
// approval. Asks no node.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "cli/commands/node_commands.h"
#include "cli/jobs/away_text.h"
#include "cli/options/option_groups.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/text_table.h"
#include "cli/views/json_text.h"
#include "cli/views/node_text.h"

namespace orch::cli {
namespace {

class NodeListCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Flag({"--disconnected"}, "List only nodes that are not connected", "Application Options",
                &only_disconnected_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "node list [--disconnected] [filters]"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(const Targets targets, context->MakeTargets());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    v1::ListNodesRequest request;
    *request.mutable_target() = targets.wire;
    request.set_only_disconnected(only_disconnected_);
    std::vector<v1::Node> nodes;
    do {
      ORCH_ASSIGN_OR_RETURN(v1::ListNodesResponse page, hub->ListNodes(request));
      std::move(page.mutable_nodes()->begin(), page.mutable_nodes()->end(), std::back_inserter(nodes));
      for (const std::string& name : page.unknown_identities()) {
        context->Note(UnknownText(name, page.suggestions()));
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    const bool whole_fleet = !targets.restricted && !only_disconnected_;
    if (whole_fleet) waiting_ = WaitingNodes(hub);
    Show(context, nodes);
    return nodes.empty() && waiting_.empty() ? kExitError : kExitOk;
  }

 private:
  using Waiting = v1::GetAuthStatusResponse::Waiting;

  // The nodes that wait for approval, for callers who may know. Asks only if there are some.
  static std::vector<Waiting> WaitingNodes(HubClient* hub) {
    const absl::StatusOr<v1::GetHubStatusResponse> status = hub->GetHubStatus();
    if (!status.ok() || status->nodes_waiting() == 0) return {};
    const absl::StatusOr<v1::GetAuthStatusResponse> keys = hub->GetAuthStatus();
    if (!keys.ok()) return {};
    return {keys->waiting().begin(), keys->waiting().end()};
  }

  static Json WaitingJson(const Waiting& node) {
    return {{"identity", node.identity()},
            {"presence", "waiting"},
            {"since", node.since_us() / 1'000'000},
            {"peer", node.address()},
            {"why", node.why()}};
  }

  void Show(Context* context, const std::vector<v1::Node>& nodes) const {
    const Format format = context->options().format;
    if (format == Format::kJsonLines) {
      for (const v1::Node& node : nodes) context->Print(absl::StrCat(PrintableJson(PresenceJson(node)), "\n"));
      for (const Waiting& node : waiting_) context->Print(absl::StrCat(PrintableJson(WaitingJson(node)), "\n"));
    } else if (format == Format::kJson || format == Format::kJsonArray) {
      Json list = Json::array();
      for (const v1::Node& node : nodes) list.push_back(PresenceJson(node));
      for (const Waiting& node : waiting_) list.push_back(WaitingJson(node));
      context->Print(JsonText(list, context->env().out_is_terminal));
    } else if (nodes.empty() && waiting_.empty()) {
      context->Note("No known node matches.\n");
    } else {
      ShowTable(context, nodes);
    }
  }

  // The labels have a column when a node has some.
  void ShowTable(Context* context, const std::vector<v1::Node>& nodes) const {
    const bool labels =
        std::any_of(nodes.begin(), nodes.end(), [](const v1::Node& node) { return !node.labels().empty(); });
    std::vector<std::vector<std::string>> rows = {PresenceHeadings(labels)};
    for (const v1::Node& node : nodes) rows.push_back(PresenceRow(node, labels));
    for (const Waiting& node : waiting_) {
      rows.push_back({Printable(node.identity()), "waiting", WhenSeen(node.since_us())});
      if (labels) rows.back().push_back("");
      rows.back().push_back(Printable(node.why()));
    }
    context->Print(TextTable(rows, context->env().OutputColumns()));
    if (!waiting_.empty()) context->Note("orchctl: let waiting nodes in with 'orchctl node approve <node>'\n");
  }

  bool only_disconnected_ = false;
  std::vector<Waiting> waiting_;
};

}  // namespace

CommandEntry NodeListVerb() {
  return {"node list",
          {},
          "List every known node: whether it is connected, when it was last seen, its labels, and why it left",
          {"node list [--disconnected] [filters] [-j]"},
          kBasicOptions | kJsonOptions | kTargetOptions,
          []() -> std::unique_ptr<Command> { return std::make_unique<NodeListCommand>(); }};
}

}  // namespace orch::cli

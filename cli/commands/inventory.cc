// The command `orchctl inventory`.
#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/jobs/answer.h"
#include "cli/jobs/job.h"
#include "cli/jobs/job_end.h"
#include "cli/jobs/job_spec.h"
#include "cli/jobs/job_text.h"
#include "cli/jobs/job_view.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"
#include "cli/views/node_text.h"

namespace orch::cli {
namespace {

// Collects the answers.
class CollectView final : public JobView {
 public:
  void OnStart(const JobStart&) override {}
  bool OnAnswer(const Answer& answer) override {
    answers.push_back(answer);
    return true;
  }
  void OnProgress(size_t, size_t) override {}
  void OnEnd(const JobEnd& finished) override { end = finished; }

  std::vector<Answer> answers;
  JobEnd end;
};

class InventoryCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    const std::string group = "Application Options";
    table->Flag({"--lc", "--list-collectives"}, "List all known collectives", group, &list_collectives_);
    table->Add({{"--script"}, "FILE", "", group, {}, false, [](const std::string&) {
                  return WrongOption(
                      "scripts in Ruby are not run on the client; 'orchctl invoke rpcutil inventory -j' and "
                      "'orchctl invoke rpcutil get_facts facts=NAME,NAME --table' give the same as data");
                }});
    table->Text({"--cg", "--collective-graph"}, "FILE", "Write a graph of the collectives in DOT format", group,
                &graph_file_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    const bool about_collectives = list_collectives_ || !graph_file_.empty();
    if (words.empty() != about_collectives || (list_collectives_ && !graph_file_.empty())) {
      return absl::InvalidArgumentError(
          "Need to specify either a node name or --list-collectives or --collective-graph FILE");
    }
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, "inventory <node>"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    return about_collectives ? Collectives(context) : ShowNode(context, words[0]);
  }

  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kNodes, words);
  }

 private:
  // Runs a read-only action of rpcutil on one node; returns an empty object if the node does not answer.
  static absl::StatusOr<Json> Ask(Context* context, const std::string& identity, const std::string& action) {
    Targets targets;
    targets.wire.set_has_identities(true);
    targets.wire.add_identities(identity);
    CollectView view;
    const absl::Status status =
        RunJob(context, MakeSpec(context->options(), targets, "rpcutil", action), true, &view).status();
    if (ExitCodeOf(status) > kExitError) return status;  // the hub itself failed
    if (!status.ok()) context->Note(absl::StrCat("orchctl: ", Printable(status.message()), "\n"));
    for (const Answer& answer : view.answers) {
      if (answer.ok()) return answer.data;
      context->Note(
          absl::StrCat("orchctl: ", Printable(identity), " rpcutil ", action, ": ", Printable(answer.message), "\n"));
    }
    return Json::object();
  }

  static absl::StatusOr<int> ShowNode(Context* context, const std::string& identity) {
    if (!filter::IsIdentity(identity)) {
      return absl::InvalidArgumentError(absl::StrCat("'", identity.substr(0, 80), "' is no node name; give one node"));
    }
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    v1::GetNodeRequest request;
    request.set_identity(identity);
    ORCH_ASSIGN_OR_RETURN(v1::GetNodeResponse response, hub->GetNode(request));
    Inventory inventory;
    inventory.node = std::move(*response.mutable_node());
    ORCH_ASSIGN_OR_RETURN(inventory.facts, ParseJsonObject(inventory.node.facts_json(), "facts from the hub"));
    const bool connected = inventory.node.presence() != v1::DISCONNECTED;
    if (connected) {
      ORCH_ASSIGN_OR_RETURN(inventory.stats, Ask(context, identity, "daemon_stats"));
      ORCH_ASSIGN_OR_RETURN(const Json live, Ask(context, identity, "inventory"));
      inventory.data_plugins = DataPlugins(live);
    }
    context->Print(context->options().format == Format::kHuman
                       ? InventoryText(inventory)
                       : JsonText(InventoryJson(inventory), context->env().out_is_terminal));
    return inventory.stats.empty() && !context->options().allow_missing ? kExitSomeFailed : kExitOk;
  }

  // Shows "fact_data" as "fact", as MCollective did.
  static std::vector<std::string> DataPlugins(const Json& live) {
    std::set<std::string> names;
    const auto found = live.find("data_plugins");
    if (found == live.end() || !found->is_array()) return {};
    for (const Json& name : *found) {
      if (name.is_string()) names.insert(std::string(absl::StripSuffix(name.get<std::string>(), "_data")));
    }
    return {names.begin(), names.end()};
  }

  absl::StatusOr<int> Collectives(Context* context) {
    ORCH_ASSIGN_OR_RETURN(const Targets targets, context->MakeTargets());
    CollectView view;
    ORCH_ASSIGN_OR_RETURN(
        const int code,
        RunJob(context, MakeSpec(context->options(), targets, "rpcutil", "collective_info"), targets.named, &view));
    std::map<std::string, std::set<std::string>> members;
    size_t nodes = 0;
    for (const Answer& answer : view.answers) {
      const auto found = answer.data.find("collectives");
      if (!answer.ok() || found == answer.data.end() || !found->is_array()) continue;
      ++nodes;
      for (const Json& name : *found) {
        if (name.is_string()) members[name.get<std::string>()].insert(answer.identity);
      }
    }
    if (list_collectives_) {
      context->Print(context->options().format == Format::kHuman ? ListText(members, nodes)
                                                                 : JsonText(members, context->env().out_is_terminal));
    } else {
      ORCH_RETURN_IF_ERROR(WriteFileDurably(graph_file_, Graph(members), 0644));
      context->Print(absl::StrCat("Graph of ", members.size(), " collectives written to ", graph_file_, "\n"));
    }
    context->Note(MissingText(view.end, context->style()));
    return code;
  }

  static std::string ListText(const std::map<std::string, std::set<std::string>>& members, size_t nodes) {
    std::string text = absl::StrFormat("   %-30s %s\n   %-30s %s\n", "Collective", "Nodes", "==========", "=====");
    for (const auto& [name, nodes_of] : members)
      absl::StrAppendFormat(&text, "   %-30s %d\n", Printable(name), nodes_of.size());
    return absl::StrCat(text, absl::StrFormat("\n   %30s %d\n\n", "Total nodes:", nodes));
  }

  static std::string Graph(const std::map<std::string, std::set<std::string>>& members) {
    std::string text = "graph {\n";
    for (const auto& [name, nodes_of] : members) {
      absl::StrAppend(&text, "  ", PrintableJson(name), " [shape=box];\n");
      for (const std::string& node : nodes_of)
        absl::StrAppend(&text, "  ", PrintableJson(name), " -- ", PrintableJson(node), ";\n");
    }
    return absl::StrCat(text, "}\n");
  }

  bool list_collectives_ = false;
  std::string graph_file_;
};

}  // namespace

std::unique_ptr<Command> MakeInventoryCommand() { return std::make_unique<InventoryCommand>(); }

}  // namespace orch::cli

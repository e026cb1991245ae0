// The commands `orchctl node show` and `forget`: what the hub knows of one node, connected or not. They ask no node.
#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "cli/commands/node_commands.h"
#include "cli/jobs/away_text.h"
#include "cli/options/option_groups.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"
#include "cli/views/node_text.h"

namespace orch::cli {
namespace {

constexpr size_t kMaxForgetNames = 1000;  // the hub accepts this many in one request

class NodeShowCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty()) return WrongOption("no node named; usage: orchctl node show <node>");
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, "node show <node>"));
    if (!filter::IsIdentity(words[0]))
      return WrongOption(absl::StrCat("'", words[0].substr(0, 80), "' is no node name"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    v1::GetNodeRequest request;
    request.set_identity(words[0]);
    ORCH_ASSIGN_OR_RETURN(const v1::GetNodeResponse response, hub->GetNode(request));
    Inventory inventory;
    inventory.node = response.node();
    ORCH_ASSIGN_OR_RETURN(inventory.facts, ParseJsonObject(response.node().facts_json(), "facts from the hub"));
    context->Print(context->options().format == Format::kHuman
                       ? KnownNodeText(inventory)
                       : JsonText(KnownNodeJson(inventory), context->env().out_is_terminal));
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kNodes, words);
  }
};

class NodeForgetCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty()) return WrongOption("no node named; usage: orchctl node forget <node> ...");
    for (const std::string& word : words) {
      if (!filter::IsIdentity(word)) return WrongOption(absl::StrCat("'", word.substr(0, 80), "' is no node name"));
    }
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    if (context->options().dry_run) return DryRun(context, hub, words);
    v1::ForgetNodesResponse all;
    for (size_t first = 0; first < words.size(); first += kMaxForgetNames) {
      v1::ForgetNodesRequest request;
      for (size_t i = first; i < std::min(words.size(), first + kMaxForgetNames); ++i) {
        request.add_identities(words[i]);
      }
      ORCH_ASSIGN_OR_RETURN(const v1::ForgetNodesResponse part, hub->ForgetNodes(request));
      all.MergeFrom(part);
    }
    Show(context, all);
    return all.forgotten_size() == 0                       ? kExitError
           : all.connected_size() + all.unknown_size() > 0 ? kExitSomeFailed
                                                           : kExitOk;
  }
  NextWord Next(const std::vector<std::string>&) const override { return {NextWord::kNodes}; }

 private:
  static absl::StatusOr<int> DryRun(Context* context, HubClient* hub, const std::vector<std::string>& words) {
    std::vector<std::string> away, connected, unknown;
    for (const std::string& word : words) {
      v1::GetNodeRequest request;
      request.set_identity(word);
      const absl::StatusOr<v1::GetNodeResponse> response = hub->GetNode(request);
      if (!response.ok() && !absl::IsNotFound(response.status())) return response.status();
      (!response.ok() ? unknown : response->node().presence() == v1::DISCONNECTED ? away : connected).push_back(word);
    }
    if (context->options().format == Format::kHuman) {
      for (const std::string& name : away) context->Print(absl::StrCat("Dry run: ", name, " would be forgotten\n"));
      for (const std::string& name : connected) {
        context->Print(absl::StrCat("Dry run: ", name, " is connected, so it would not be forgotten\n"));
      }
      for (const std::string& name : unknown) {
        context->Print(absl::StrCat("Dry run: ", name, " is not known\n"));
      }
    } else {
      context->Print(
          JsonText({{"dry_run", true}, {"would_forget", away}, {"connected", connected}, {"unknown", unknown}},
                   context->env().out_is_terminal));
    }
    return away.empty() ? kExitError : connected.size() + unknown.size() > 0 ? kExitSomeFailed : kExitOk;
  }

  static void Show(Context* context, const v1::ForgetNodesResponse& answer) {
    if (context->options().format == Format::kHuman) {
      for (const std::string& name : answer.forgotten()) context->Print(absl::StrCat(Printable(name), " forgotten\n"));
    } else {
      const auto list = [](const auto& names) { return std::vector<std::string>(names.begin(), names.end()); };
      context->Print(JsonText({{"forgotten", list(answer.forgotten())},
                               {"connected", list(answer.connected())},
                               {"unknown", list(answer.unknown())}},
                              context->env().out_is_terminal));
    }
    for (const std::string& name : answer.connected()) {
      context->Note(
          absl::StrCat("orchctl: ", Printable(name), " is connected, so it is not forgotten; stop its agent first\n"));
    }
    for (const std::string& name : answer.unknown()) context->Note(UnknownText(name, answer.suggestions()));
  }
};

}  // namespace

std::vector<CommandEntry> NodeVerbs() {
  return {
      NodeLabelVerb(),
      NodeListVerb(),
      {"node show",
       {},
       "Show what the hub knows of a node, without asking the node",
       {"node show <node> [-j]"},
       kBasicOptions | kJsonOptions,
       []() -> std::unique_ptr<Command> { return std::make_unique<NodeShowCommand>(); }},
      {"node forget",
       {},
       "Forget nodes that are not connected and will not come back",
       {"node forget <node> ... [--dry-run] [-j]"},
       kBasicOptions | kJsonOptions | kDryRunOptions,
       []() -> std::unique_ptr<Command> { return std::make_unique<NodeForgetCommand>(); }},
  };
}

}  // namespace orch::cli

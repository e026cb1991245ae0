// The commands `orchctl policy test` and `policy explain`: what the rules decide, by files here or by those in force.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"
#include "base/status_macros.h"
#include "cli/commands/policy_commands.h"
#include "cli/commands/policy_files.h"
#include "cli/commands/policy_local.h"
#include "cli/commands/policy_question.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

std::string DecisionText(const v1::TestAccessResponse::Decision& decision) {
  std::string text = decision.identity().empty() ? "" : absl::StrCat(Printable(decision.identity()), ": ");
  absl::StrAppend(&text, decision.allowed() ? "allowed" : "denied");
  if (!decision.rule().empty()) absl::StrAppend(&text, " by ", Printable(decision.rule()));
  if (!decision.reason().empty())
    absl::StrAppend(&text, decision.allowed() ? ", " : ": ", Printable(decision.reason()));
  return absl::StrCat(text, "\n");
}

Json DecisionsJson(const v1::TestAccessResponse& response, bool explain) {
  Json decisions = Json::array();
  for (const v1::TestAccessResponse::Decision& decision : response.decisions()) {
    Json one = {{"allowed", decision.allowed()}, {"rule", decision.rule()}, {"reason", decision.reason()}};
    if (!decision.identity().empty()) one["node"] = decision.identity();
    decisions.push_back(std::move(one));
  }
  Json json = {{"decisions", std::move(decisions)},
               {"conditions", std::vector<std::string>(response.conditions().begin(), response.conditions().end())}};
  if (explain) {
    json["considered"] = std::vector<std::string>(response.considered().begin(), response.considered().end());
  }
  return json;
}

class PolicyTestCommand final : public Command {
 public:
  // With `explain` the rules that were considered are shown too.
  explicit PolicyTestCommand(bool explain) : explain_(explain) {}

  void DeclareOptions(OptionTable* table) override { question_.DeclareOptions(table); }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 1,
                                     explain_ ? "policy explain [<file|dir>] --action <plugin.action>"
                                              : "policy test [<file|dir>] --action <plugin.action>"));
    const absl::Time now = context->env().clock->Now();
    ORCH_ASSIGN_OR_RETURN(const v1::TestAccessRequest request, question_.ToRequest(now));
    v1::TestAccessResponse response;
    if (words.empty()) {
      ORCH_ASSIGN_OR_RETURN(response, Ask(context, request));
    } else {
      ORCH_ASSIGN_OR_RETURN(response, DecideHere(context, words[0], request, now));
    }
    if (context->options().format == Format::kHuman) {
      Show(context, response);
    } else {
      context->Print(JsonText(DecisionsJson(response, explain_), context->env().out_is_terminal));
    }
    for (const auto& decision : response.decisions()) {
      if (!decision.allowed()) return kExitSomeFailed;
    }
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kFiles, words);
  }

 private:
  absl::StatusOr<v1::TestAccessResponse> Ask(Context* context, const v1::TestAccessRequest& request) const {
    if (question_.describes_node()) {
      return absl::InvalidArgumentError(
          "--label, --fact and --class describe a node for rules in a file; name the file, or "
          "give --node, of which the hub knows them");
    }
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    return hub->TestAccess(request);
  }

  absl::StatusOr<v1::TestAccessResponse> DecideHere(Context* context, const std::string& path,
                                                    const v1::TestAccessRequest& request, absl::Time now) const {
    PolicyFiles files;
    ORCH_RETURN_IF_ERROR(AddPolicyFiles(path, &files));
    for (const auth::AccessProblem& problem : files.problems) {
      if (problem.fatal && !files.access && files.policies == nullptr) {
        return absl::InvalidArgumentError(
            absl::StrCat(problem.place, ": ", problem.text, "; 'orchctl policy lint' lists all faults"));
      }
      if (problem.fatal)
        context->Note(absl::StrCat("orchctl: ", Printable(problem.place), ": ", Printable(problem.text), "\n"));
    }
    DescribedNode node;
    node.given = question_.describes_node();
    ORCH_ASSIGN_OR_RETURN(node.facts, question_.Facts());
    node.classes = question_.classes();
    return DecideByFiles(files, request, node, now);
  }

  void Show(Context* context, const v1::TestAccessResponse& response) const {
    if (explain_) {
      context->Print(response.considered_size() == 0 ? "No rule speaks of this request.\n"
                                                     : "Rules that speak of this request, in order:\n");
      for (const std::string& line : response.considered()) context->Print(absl::StrCat("    ", Printable(line), "\n"));
    }
    for (const auto& decision : response.decisions()) context->Print(DecisionText(decision));
    for (const std::string& line : response.conditions()) {
      context->Print(absl::StrCat("condition: ", Printable(line), "\n"));
    }
  }

  const bool explain_;
  PolicyQuestion question_;
};

}  // namespace

std::unique_ptr<Command> MakePolicyTestCommand() { return std::make_unique<PolicyTestCommand>(false); }
std::unique_ptr<Command> MakePolicyExplainCommand() { return std::make_unique<PolicyTestCommand>(true); }

}  // namespace orch::cli

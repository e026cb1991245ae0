// The command `orchctl policy lint`.
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"
#include "base/status_macros.h"
#include "cli/commands/policy_commands.h"
#include "cli/commands/policy_files.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

class PolicyLintCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Flag({"--hub"}, "Ask the hub for the faults of the rules in force", "Application Options", &ask_hub_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    PolicyFiles found;
    if (ask_hub_) {
      ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "policy lint --hub"));
      ORCH_RETURN_IF_ERROR(Ask(context, &found));
    } else if (!words.empty()) {
      for (const std::string& word : words) ORCH_RETURN_IF_ERROR(AddPolicyFiles(word, &found));
    } else {
      ORCH_RETURN_IF_ERROR(AddInstalled(&found));
    }
    if (context->options().format == Format::kHuman) {
      Show(context, found);
    } else {
      context->Print(JsonText(ToJson(found), context->env().out_is_terminal));
    }
    if (!found.has_fault) return kExitOk;
    context->Note("orchctl: a file with an error denies everything until it is mended\n");
    return kExitError;
  }
  NextWord Next(const std::vector<std::string>&) const override { return {NextWord::kFiles}; }

 private:
  static absl::Status AddInstalled(PolicyFiles* found) {
    size_t present = 0;
    for (const char* path : {kAccessFile, kPoliciesFolder}) {
      std::error_code ignored;
      if (!std::filesystem::exists(path, ignored)) continue;
      ++present;
      ORCH_RETURN_IF_ERROR(AddPolicyFiles(path, found));
    }
    if (present > 0) return absl::OkStatus();
    return absl::NotFoundError(absl::StrCat("neither ", kAccessFile, " nor ", kPoliciesFolder,
                                            " is on this machine; name the files to check, or give --hub"));
  }

  static absl::Status Ask(Context* context, PolicyFiles* found) {
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::LintAccessResponse response, hub->LintAccess());
    for (const std::string& file : response.files()) found->files.push_back({file, std::nullopt});
    for (const v1::AccessProblem& problem : response.problems()) {
      found->problems.push_back({problem.place(), problem.text(), problem.fatal()});
      found->has_fault = found->has_fault || problem.fatal();
    }
    return absl::OkStatus();
  }

  static void Show(Context* context, const PolicyFiles& found) {
    for (const auth::AccessProblem& problem : found.problems) {
      context->Print(absl::StrCat(Printable(problem.place), ": ",
                                  problem.fatal ? "error: " : "warning: ", Printable(problem.text), "\n"));
    }
    if (found.has_fault) return;
    for (const PolicyFiles::File& file : found.files) {
      context->Print(
          absl::StrCat(Printable(file.path), ": OK",
                       file.rules ? absl::StrCat(", ", *file.rules, *file.rules == 1 ? " rule" : " rules") : "", "\n"));
    }
    if (found.files.empty() && found.problems.empty()) context->Print("There are no rules in files.\n");
  }

  static Json ToJson(const PolicyFiles& found) {
    Json files = Json::array(), problems = Json::array();
    for (const PolicyFiles::File& file : found.files) {
      Json one = {{"file", file.path}};
      if (file.rules) one["rules"] = *file.rules;
      files.push_back(std::move(one));
    }
    for (const auth::AccessProblem& problem : found.problems) {
      problems.push_back({{"place", problem.place}, {"text", problem.text}, {"fatal", problem.fatal}});
    }
    return {{"ok", !found.has_fault}, {"files", std::move(files)}, {"problems", std::move(problems)}};
  }

  bool ask_hub_ = false;
};

}  // namespace

std::unique_ptr<Command> MakePolicyLintCommand() { return std::make_unique<PolicyLintCommand>(); }

}  // namespace orch::cli

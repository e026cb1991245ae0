// The command `orchctl policy diff`: which decisions of the past other rules would have changed.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/durable_file.h"
#include "base/foreign_text.h"
#include "base/status_macros.h"
#include "cli/commands/job_commands.h"
#include "cli/commands/policy_commands.h"
#include "cli/commands/policy_files.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/text_table.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

using Change = v1::DiffAccessResponse::Change;

Json DiffJson(const v1::DiffAccessResponse& response) {
  Json changes = Json::array();
  for (const Change& change : response.changes()) {
    changes.push_back(
        {{"caller", change.caller()},
         {"what", change.what()},
         {"was_allowed", change.was_allowed()},
         {"would_be_allowed", change.would_be_allowed()},
         {"count", change.count()},
         {"last", absl::FormatTime(absl::RFC3339_full, absl::FromUnixMicros(change.last_us()), absl::UTCTimeZone())},
         {"old_rule", change.old_rule()},
         {"new_rule", change.new_rule()}});
  }
  return {{"examined", response.examined()}, {"changes", std::move(changes)}};
}

class PolicyDiffCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Text({"--since"}, "TIME", "Look at decisions since this time: 30d, 2h or a date (30d)",
                "Application Options", &since_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    constexpr char kUsage[] = "policy diff <access.yaml> [--since 30d]";
    if (words.empty())
      return absl::InvalidArgumentError(absl::StrCat("no file of rules named; usage: orchctl ", kUsage));
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, kUsage));
    v1::DiffAccessRequest request;
    ORCH_ASSIGN_OR_RETURN(const absl::Time since, ParseWhen(since_, context->env().clock->Now()));
    request.set_since_us(absl::ToUnixMicros(since));
    ORCH_ASSIGN_OR_RETURN(*request.mutable_access_yaml(), ReadFile(words[0], auth::kMaxAccessFileBytes));
    ORCH_RETURN_IF_ERROR(auth::AccessRules::Parse(request.access_yaml(), words[0], nullptr).status());
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::DiffAccessResponse response, hub->DiffAccess(request));
    if (context->options().format == Format::kHuman) {
      Show(context, response);
    } else {
      context->Print(JsonText(DiffJson(response), context->env().out_is_terminal));
    }
    return response.changes().empty() ? kExitOk : kExitSomeFailed;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kFiles, words);
  }

 private:
  static void Show(Context* context, const v1::DiffAccessResponse& response) {
    if (!response.changes().empty()) {
      std::vector<std::vector<std::string>> rows = {
          {"CALLER", "REQUEST", "WAS", "WOULD BE", "TIMES", "OLD RULE", "NEW RULE"}};
      for (const Change& change : response.changes()) {
        rows.push_back({Printable(change.caller()), Printable(change.what()),
                        change.was_allowed() ? "allowed" : "denied", change.would_be_allowed() ? "allowed" : "denied",
                        absl::StrCat(change.count()), Printable(change.old_rule()), Printable(change.new_rule())});
      }
      context->Print(TextTable(rows, context->env().OutputColumns()));
    }
    context->Print(absl::StrCat(response.examined(), " decisions examined, ", response.changes_size(),
                                response.changes_size() == 1 ? " kind of request" : " kinds of requests",
                                " would be decided differently\n"));
  }

  std::string since_ = "30d";
};

}  // namespace

std::unique_ptr<Command> MakePolicyDiffCommand() { return std::make_unique<PolicyDiffCommand>(); }

}  // namespace orch::cli

// The command `orchctl audit verify`.
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "auth/audit/audit_chain.h"
#include "base/status_macros.h"
#include "cli/commands/audit_commands.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

Json VerifyJson(const v1::VerifyAuditResponse& found) {
  return {{"intact", found.intact()},
          {"records", found.records()},
          {"first_seq", found.first_seq()},
          {"last_seq", found.last_seq()},
          {"head", found.head()},
          {"problems", std::vector<std::string>(found.problems().begin(), found.problems().end())},
          {"heads_agree", found.heads_agree()},
          {"heads_differ", std::vector<std::string>(found.heads_differ().begin(), found.heads_differ().end())}};
}

std::string VerifyText(const v1::VerifyAuditResponse& found, bool of_hub) {
  std::string text;
  for (const std::string& problem : found.problems()) absl::StrAppend(&text, Printable(problem), "\n");
  for (const std::string& node : found.heads_differ()) {
    absl::StrAppend(&text, "node ", Printable(node),
                    " remembers a record that is not in this log: it was changed or cut, or the hub was restored from "
                    "a backup\n");
  }
  absl::StrAppend(&text, found.records(), " records");
  if (found.records() > 0) {
    absl::StrAppend(&text, ", ", found.first_seq(), " to ", found.last_seq(), ", head ", found.last_seq(), ":",
                    Printable(found.head()));
  }
  absl::StrAppend(&text, found.intact() ? "\nThe chain is intact" : "\nThe chain is BROKEN");
  if (of_hub) {
    absl::StrAppend(&text, "; the heads that nodes remember: ", found.heads_agree(), " agree, ",
                    found.heads_differ_size(), found.heads_differ_size() < 100 ? "" : " or more", " differ");
  }
  return absl::StrCat(text, ".\n");
}

class AuditVerifyCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    const std::string group = "Application Options";
    table->Texts({"--file"}, "PATH",
                 "Check this log and the older files beside it, without a hub; several: exactly these files, in order",
                 group, &files_);
    table->Texts({"--head"}, "SEQ:HASH", "A head that the log must hold, such as a node's audit_heads.json has", group,
                 &heads_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "audit verify [--file <path> [--head <seq:hash>]]"));
    if (files_.empty() && !heads_.empty()) {
      return absl::InvalidArgumentError("--head needs --file; the hub compares the heads of its nodes itself");
    }
    v1::VerifyAuditResponse found;
    if (files_.empty()) {
      ORCH_RETURN_IF_ERROR(context->Prepare());
      ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
      hub->set_call_limit(kVerifyLimit);
      ORCH_ASSIGN_OR_RETURN(found, hub->VerifyAudit());
    } else {
      ORCH_ASSIGN_OR_RETURN(found, CheckFiles());
    }
    context->Print(context->options().format == Format::kHuman
                       ? VerifyText(found, files_.empty())
                       : JsonText(VerifyJson(found), context->env().out_is_terminal));
    return found.intact() && found.heads_differ_size() == 0 ? kExitOk : kExitSomeFailed;
  }

 private:
  static constexpr absl::Duration kVerifyLimit = absl::Minutes(10);  // the whole log is read

  absl::StatusOr<v1::VerifyAuditResponse> CheckFiles() const {
    auth::AuditChain chain;
    for (const std::string& text : heads_) {
      ORCH_ASSIGN_OR_RETURN(const auth::AuditHead head, auth::ParseAuditHead(text));
      chain.Expect(head);
    }
    if (files_.size() == 1) {
      ORCH_RETURN_IF_ERROR(chain.ReadLog(files_[0], /*live=*/false));
    } else {
      for (const std::string& file : files_) ORCH_RETURN_IF_ERROR(chain.ReadFile(file));
    }
    chain.Finish();
    v1::VerifyAuditResponse found;
    found.set_intact(chain.intact());
    found.set_records(chain.records());
    found.set_first_seq(chain.first_seq());
    found.set_last_seq(chain.head().seq);
    if (chain.records() > 0) found.set_head(absl::BytesToHexString(chain.head().hash));
    for (const std::string& problem : chain.problems()) found.add_problems(problem);
    if (chain.problem_count() > chain.problems().size()) {
      found.add_problems(absl::StrCat("and ", chain.problem_count() - chain.problems().size(), " further problems"));
    }
    return found;
  }

  std::vector<std::string> files_;
  std::vector<std::string> heads_;
};

}  // namespace

std::unique_ptr<Command> MakeAuditVerifyCommand() { return std::make_unique<AuditVerifyCommand>(); }

}  // namespace orch::cli

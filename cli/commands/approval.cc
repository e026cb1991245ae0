// The commands `orchctl approval list`, `show`, `grant` and `deny`: jobs that wait until others have approved them.
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/foreign_text.h"
#include "base/status_macros.h"
#include "cli/commands/access_commands.h"
#include "cli/commands/job_commands.h"
#include "cli/options/option_groups.h"
#include "cli/options/words.h"
#include "cli/session/last_job.h"
#include "cli/terminal/exit_codes.h"
#include "cli/terminal/text_table.h"
#include "cli/terminal/value_text.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

std::string StateName(v1::Approval::State state) { return absl::AsciiStrToLower(v1::Approval::State_Name(state)); }

std::string TimeText(int64_t us) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::FromUnixMicros(us), absl::UTCTimeZone());
}

Json InputsOf(const v1::Approval& approval) {
  auto inputs = ParseJsonObject(approval.inputs_json(), "inputs from the hub");
  return inputs.ok() ? *std::move(inputs) : Json::object();
}

Json ApprovalJson(const v1::Approval& approval) {
  Json votes = Json::array();
  for (const v1::Approval::Vote& vote : approval.votes()) {
    votes.push_back({{"caller", vote.caller()},
                     {"grant", vote.grant()},
                     {"time", TimeText(vote.time_us())},
                     {"reason", vote.reason()}});
  }
  return {{"job_id", approval.job_id()},
          {"state", StateName(approval.state())},
          {"digest", approval.digest()},
          {"needed", approval.needed()},
          {"votes", votes},
          {"caller", approval.caller()},
          {"agent", approval.plugin()},
          {"action", approval.action()},
          {"inputs", InputsOf(approval)},
          {"targets", approval.targets()},
          {"nodes", std::vector<std::string>(approval.identities().begin(), approval.identities().end())},
          {"created", TimeText(approval.created_us())},
          {"expires", TimeText(approval.expires_us())},
          {"rules", std::vector<std::string>(approval.rules().begin(), approval.rules().end())},
          {"reason", approval.reason()},
          {"ticket", approval.ticket()},
          {"from", std::vector<std::string>(approval.from().begin(), approval.from().end())}};
}

std::string ApprovalText(const v1::Approval& approval) {
  std::string text = absl::StrCat("Job ", Printable(approval.job_id()), ", ", StateName(approval.state()), "\n");
  const auto line = [&text](absl::string_view label, absl::string_view value) {
    if (!value.empty())
      absl::StrAppend(&text, "  ", label, std::string(11 - label.size(), ' '), Printable(value), "\n");
  };
  line("Asked by", approval.caller());
  line("Action", absl::StrCat(approval.plugin(), " ", approval.action()));
  if (const Json inputs = InputsOf(approval); !inputs.empty()) line("Inputs", InlineValue(inputs));
  line("Reason", approval.reason());
  line("Ticket", approval.ticket());
  line("Nodes", absl::StrCat(approval.targets()));
  for (const std::string& identity : approval.identities()) line("", identity);
  line("Needs", absl::StrCat(approval.needed(), approval.needed() == 1 ? " grant of " : " grants of ",
                             approval.from_size() == 0 ? "administrators" : absl::StrJoin(approval.from(), ", ")));
  for (const v1::Approval::Vote& vote : approval.votes()) {
    line(vote.grant() ? "Granted" : "Denied",
         absl::StrCat("by ", vote.caller(), " on ", TimeText(vote.time_us()),
                      vote.reason().empty() ? "" : absl::StrCat(": ", vote.reason())));
  }
  line("Rules", absl::StrJoin(approval.rules(), ", "));
  line("Until", TimeText(approval.expires_us()));
  line("Digest", approval.digest());
  return text;
}

class ApprovalListCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    table->Flag({"--all"}, "List also those that were decided", "Application Options", &all_);
  }
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "approval list [--all]"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    v1::ListApprovalsRequest request;
    request.set_decided(all_);
    ORCH_ASSIGN_OR_RETURN(const v1::ListApprovalsResponse response, hub->ListApprovals(request));
    if (context->options().format != Format::kHuman) {
      Json list = Json::array();
      for (const v1::Approval& approval : response.approvals()) list.push_back(ApprovalJson(approval));
      context->Print(JsonText(list, context->env().out_is_terminal));
      return kExitOk;
    }
    if (response.approvals().empty()) {
      context->Note("No job waits for approval.\n");
      return kExitOk;
    }
    std::vector<std::vector<std::string>> rows = {
        {"JOB", "STATE", "ASKED BY", "ACTION", "NODES", "GRANTS", "UNTIL", "REASON"}};
    for (const v1::Approval& approval : response.approvals()) {
      rows.push_back({Printable(approval.job_id().substr(0, 8)), StateName(approval.state()),
                      Printable(approval.caller()), Printable(absl::StrCat(approval.plugin(), " ", approval.action())),
                      absl::StrCat(approval.targets()), absl::StrCat(approval.votes_size(), "/", approval.needed()),
                      TimeText(approval.expires_us()), Printable(approval.reason())});
    }
    context->Print(TextTable(rows, context->env().OutputColumns()));
    return kExitOk;
  }

 private:
  bool all_ = false;
};

absl::StatusOr<v1::Approval> FetchApproval(Context* context, const std::string& word) {
  ORCH_RETURN_IF_ERROR(CheckJobId(word));
  ORCH_RETURN_IF_ERROR(context->Prepare());
  ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
  v1::ListApprovalsRequest request;
  ORCH_ASSIGN_OR_RETURN(*request.mutable_job_id(), ResolveJobId(context->config(), word));
  request.set_decided(true);
  ORCH_ASSIGN_OR_RETURN(const v1::ListApprovalsResponse response, hub->ListApprovals(request));
  if (response.approvals_size() == 1) return response.approvals(0);
  return absl::InvalidArgumentError(absl::StrCat("several jobs begin with ", word, "; give more digits"));
}

class ApprovalShowCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty()) return WrongOption("no job given; usage: orchctl approval show <job>");
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, "approval show <job>"));
    ORCH_ASSIGN_OR_RETURN(const v1::Approval approval, FetchApproval(context, words[0]));
    context->Print(context->options().format == Format::kHuman
                       ? ApprovalText(approval)
                       : JsonText(ApprovalJson(approval), context->env().out_is_terminal));
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kJobs, words);
  }
};

// Shows what is decided before it decides: the digest that was shown is the one that is sent.
class ApprovalDecideCommand final : public Command {
 public:
  explicit ApprovalDecideCommand(bool grant) : grant_(grant) {}

  void DeclareOptions(OptionTable* table) override {
    table->Text({"--reason"}, "TEXT", "Reason, for the one who asked and for the audit log", "Application Options",
                &reason_);
    table->Flag({"--yes", "-y"}, "Do not ask", "Application Options", &yes_);
    table->Text({"--digest"}, "HEX", "Decide only if the job has this digest, without a question",
                "Application Options", &digest_);
  }
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    const std::string verb = grant_ ? "grant" : "deny";
    if (words.empty()) return WrongOption(absl::StrCat("no job given; usage: orchctl approval ", verb, " <job>"));
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, absl::StrCat("approval ", verb, " <job>")));
    ORCH_ASSIGN_OR_RETURN(const v1::Approval approval, FetchApproval(context, words[0]));
    if (digest_.empty() && grant_) {
      context->Note(ApprovalText(approval));
      if (!yes_ && !context->CanAsk()) {
        return WrongOption(absl::StrCat("nobody is here to ask; say what you approve with --digest ", approval.digest(),
                                        ", or --yes"));
      }
      if (!yes_) {
        ORCH_ASSIGN_OR_RETURN(const std::string answer,
                              context->AskLine("Approve exactly this? (y: yes, n: no): ", /*secret=*/false));
        const std::string word = absl::AsciiStrToLower(absl::StripAsciiWhitespace(answer));
        if (word != "y" && word != "yes") {
          context->Note("Nothing is approved.\n");
          return kExitError;
        }
        ORCH_RETURN_IF_ERROR(context->ReconnectAfterAsking());
      }
    }
    v1::DecideApprovalRequest request;
    request.set_job_id(approval.job_id());
    request.set_grant(grant_);
    request.set_digest(digest_.empty() ? approval.digest() : digest_);
    request.set_reason(reason_);
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::DecideApprovalResponse response, hub->DecideApproval(request));
    Tell(context, response.approval());
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return NextWord::First(NextWord::kJobs, words);
  }

 private:
  static void Tell(Context* context, const v1::Approval& approval) {
    if (context->options().format != Format::kHuman) {
      context->Print(JsonText(ApprovalJson(approval), context->env().out_is_terminal));
      return;
    }
    const std::string job = absl::StrCat("Job ", Printable(approval.job_id()));
    switch (approval.state()) {
      case v1::Approval::GRANTED:
        context->Print(absl::StrCat(job, " is approved and runs.\n"));
        break;
      case v1::Approval::WAITING:
        context->Print(absl::StrCat(job, " has ", approval.votes_size(), " of ", approval.needed(),
                                    " grants; it waits for the others.\n"));
        break;
      default:
        context->Print(absl::StrCat(job, " is ", StateName(approval.state()), "; nothing of it runs.\n"));
    }
  }

  const bool grant_;
  std::string reason_, digest_;
  bool yes_ = false;
};

std::unique_ptr<Command> MakeList() { return std::make_unique<ApprovalListCommand>(); }
std::unique_ptr<Command> MakeShow() { return std::make_unique<ApprovalShowCommand>(); }
std::unique_ptr<Command> MakeGrant() { return std::make_unique<ApprovalDecideCommand>(true); }
std::unique_ptr<Command> MakeDeny() { return std::make_unique<ApprovalDecideCommand>(false); }

}  // namespace

std::vector<CommandEntry> ApprovalVerbs() {
  return {
      {"approval list",
       {},
       "List the jobs that wait for approval",
       {"approval list [--all]"},
       kBasicOptions | kJsonOptions,
       MakeList},
      {"approval show",
       {},
       "Show what exactly waits for approval",
       {"approval show <job>"},
       kBasicOptions | kJsonOptions,
       MakeShow},
      {"approval grant",
       {},
       "Approve a job, after it was shown",
       {"approval grant <job> [--reason TEXT] [--digest HEX]"},
       kBasicOptions | kJsonOptions,
       MakeGrant},
      {"approval deny",
       {},
       "Deny a job: nothing of it runs",
       {"approval deny <job> [--reason TEXT]"},
       kBasicOptions | kJsonOptions,
       MakeDeny},
  };
}

}  // namespace orch::cli

// The commands `orchctl audit tail`, `search` and `export`.
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/audit/audit_format.h"
#include "base/foreign_text.h"
#include "base/json.h"
#include "base/status_macros.h"
#include "cli/commands/audit_commands.h"
#include "cli/options/option_groups.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"

namespace orch::cli {
namespace {

constexpr uint32_t kTailLines = 20;

enum class AuditForm { kText, kJsonLines, kMco, kSyslog };
constexpr OptionChoice<AuditForm> kForms[] = {
    {"jsonl", AuditForm::kJsonLines}, {"mco", AuditForm::kMco}, {"syslog", AuditForm::kSyslog}};

std::string ThisHost() {
  char name[256] = "";
  return gethostname(name, sizeof name - 1) == 0 ? name : "";
}

// The record in one line. A line that is no JSON, which only a changed log holds, is shown as it is.
std::string RecordLine(absl::string_view line, AuditForm form, const std::string& host) {
  const absl::StatusOr<Json> record = ParseJsonObject(line, "audit record");
  if (!record.ok()) return Printable(line);
  switch (form) {
    case AuditForm::kText:
      return auth::AuditAsText(*record);
    case AuditForm::kMco:
      return auth::AuditAsMco(*record);
    case AuditForm::kSyslog:
      return auth::AuditAsSyslog(*record, host);
    case AuditForm::kJsonLines:
      break;
  }
  // The line itself, so that its hash can still be computed; a line of our own log holds plain characters only.
  const bool plain = Printable(line) == line;
  return plain ? std::string(line) : PrintableJson(*record);
}

class AuditReadCommand : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, absl::StrCat("audit ", name_, " [options]")));
    size_t shown = 0;
    const std::string host = ThisHost();
    const AuditForm form =
        form_ == AuditForm::kText && context->options().format != Format::kHuman ? AuditForm::kJsonLines : form_;
    ORCH_ASSIGN_OR_RETURN(const int code, ReadAuditRecords(context, query_, [&](absl::string_view line) {
                            ++shown;
                            context->Print(absl::StrCat(RecordLine(line, form, host), "\n"));
                          }));
    if (shown == 0 && code == kExitOk && !query_.follow && form == AuditForm::kText) {
      context->Note("No record of the audit log matches.\n");
    }
    return code;
  }

 protected:
  explicit AuditReadCommand(const char* name, AuditForm form = AuditForm::kText) : name_(name), form_(form) {}
  const char* const name_;
  AuditForm form_;
  AuditQuery query_;
};

class AuditTailCommand final : public AuditReadCommand {
 public:
  AuditTailCommand() : AuditReadCommand("tail") { query_.last = kTailLines; }
  void DeclareOptions(OptionTable* table) override {
    table->Flag({"-f", "--follow"}, "Show new records until interrupted", "Application Options", &query_.follow);
    query_.DeclareOptions(table);
  }
};

class AuditSearchCommand final : public AuditReadCommand {
 public:
  AuditSearchCommand() : AuditReadCommand("search") {}
  void DeclareOptions(OptionTable* table) override { query_.DeclareOptions(table); }
};

class AuditExportCommand final : public AuditReadCommand {
 public:
  AuditExportCommand() : AuditReadCommand("export", AuditForm::kJsonLines) {}
  void DeclareOptions(OptionTable* table) override {
    table->Value(
        {"--format"}, "FORM", "jsonl (the lines of the log), mco (MCollective's) or syslog (RFC 5424)",
        "Application Options", &form_, [](const std::string& text) { return ParseChoice(text, kForms); },
        NamesOf(kForms));
    query_.DeclareOptions(table);
  }
};

}  // namespace

std::unique_ptr<Command> MakeAuditTailCommand() { return std::make_unique<AuditTailCommand>(); }
std::unique_ptr<Command> MakeAuditSearchCommand() { return std::make_unique<AuditSearchCommand>(); }
std::unique_ptr<Command> MakeAuditExportCommand() { return std::make_unique<AuditExportCommand>(); }

std::vector<CommandEntry> AuditVerbs() {
  return {
      {"audit tail",
       {},
       "Show the last records of the audit log, and follow it",
       {"audit tail [-f] [-n <count>] [options] [-j]"},
       kBasicOptions | kJsonOptions,
       MakeAuditTailCommand},
      {"audit search",
       {},
       "Find records of the audit log",
       {"audit search [--since <when>] [--caller <caller>] [--event <event>] [options] [-j]"},
       kBasicOptions | kJsonOptions,
       MakeAuditSearchCommand},
      {"audit verify",
       {},
       "Check that no record of the audit log was changed, removed or added",
       {"audit verify [-j]", "audit verify --file <path> [--head <seq:hash>] [-j]"},
       kBasicOptions | kJsonOptions,
       MakeAuditVerifyCommand},
      {"audit export",
       {},
       "Write the audit log for other systems",
       {"audit export [--format jsonl|mco|syslog] [--since <when>] [options]"},
       kBasicOptions,
       MakeAuditExportCommand},
  };
}

}  // namespace orch::cli

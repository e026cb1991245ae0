// The command `orchctl whoami`: who the hub takes the caller for, and which roles the rules give to it.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "base/foreign_text.h"
#include "base/status_macros.h"
#include "cli/commands/access_commands.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

std::string Day(int64_t us) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", absl::FromUnixMicros(us), absl::UTCTimeZone());
}

class WhoAmICommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "whoami"));
    ORCH_RETURN_IF_ERROR(context->Prepare());
    ORCH_ASSIGN_OR_RETURN(HubClient * hub, context->Hub());
    ORCH_ASSIGN_OR_RETURN(const v1::WhoAmIResponse who, hub->WhoAmI());
    if (context->options().format != Format::kHuman) {
      Json json = {{"caller", who.caller()},
                   {"proof", who.proof()},
                   {"groups", std::vector<std::string>(who.groups().begin(), who.groups().end())},
                   {"roles", std::vector<std::string>(who.roles().begin(), who.roles().end())}};
      if (who.key_expires_us() > 0) json["key_expires"] = Day(who.key_expires_us());
      context->Print(JsonText(json, context->env().out_is_terminal));
      return kExitOk;
    }
    std::string text = absl::StrCat(Printable(who.caller()), ", proved by ", Printable(who.proof()), "\n");
    if (who.key_expires_us() > 0) absl::StrAppend(&text, "The key expires on ", Day(who.key_expires_us()), ".\n");
    if (who.groups_size() > 0) absl::StrAppend(&text, "Groups: ", Printable(absl::StrJoin(who.groups(), ", ")), "\n");
    absl::StrAppend(&text, "Roles:  ",
                    who.roles_size() == 0 ? "none; an administrator gives roles in the hub's access.yaml"
                                          : Printable(absl::StrJoin(who.roles(), ", ")),
                    "\n");
    context->Print(text);
    return kExitOk;
  }
};

}  // namespace

std::unique_ptr<Command> MakeWhoAmICommand() { return std::make_unique<WhoAmICommand>(); }

}  // namespace orch::cli

// version and help: no configuration, no hub.
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
#include "cli/typed_command.h"
#include "cli/words.h"

namespace orch::cli {
namespace {

class VersionCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 0, "version"));
    context->Print(absl::StrCat("orchctl ", kVersion, "\n"));
    return kExitOk;
  }
};

class HelpCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 2, "help [command [action]]"));
    if (words.empty()) {
      context->Print(GeneralHelp());
      return kExitOk;
    }
    const CommandEntry* entry = CommandNamed(words[0]);
    if (entry != nullptr) {
      ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, "help [command]"));
      context->Print(CommandHelp(*entry));
      return kExitOk;
    }
    const CommonOptions& given = context->options();
    std::vector<std::string> rest(words.begin() + 1, words.end());
    if (!given.config_file.empty()) rest.insert(rest.begin(), {"--config", given.config_file});
    if (!given.hub.empty()) rest.insert(rest.begin(), {"--hub", given.hub});
    ORCH_ASSIGN_OR_RETURN(const CommandInstance typed, MakeTypedCommand(context, words[0], {}, &rest));
    context->Print(typed.help(typed.table));
    return kExitOk;
  }
};

}  // namespace

std::unique_ptr<Command> MakeVersionCommand() { return std::make_unique<VersionCommand>(); }
std::unique_ptr<Command> MakeHelpCommand() { return std::make_unique<HelpCommand>(); }

}  // namespace orch::cli

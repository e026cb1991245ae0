// The commands `orchctl version` and `help`, which need no configuration.
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "cli/commands/command.h"
#include "cli/commands/typed_command.h"
#include "cli/options/words.h"
#include "cli/session/help_page.h"
#include "cli/terminal/exit_codes.h"

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
      ShowHelp(&context->env(), GeneralHelp());
      return kExitOk;
    }
    std::vector<std::string> rest(words.begin() + 1, words.end());
    const CommandEntry* entry = ResolveCommand(words[0], &rest);
    if (entry != nullptr) {
      ORCH_RETURN_IF_ERROR(AtMostWords(rest, 0, "help [command]"));
      ShowHelp(&context->env(), CommandHelp(*entry));
      return kExitOk;
    }
    const CommonOptions& given = context->options();
    if (!given.config_file.empty()) rest.insert(rest.begin(), {"--config", given.config_file});
    if (!given.hub.empty()) rest.insert(rest.begin(), {"--hub", given.hub});
    ORCH_ASSIGN_OR_RETURN(const CommandInstance typed, MakeTypedCommand(context, words[0], {}, &rest));
    ShowHelp(&context->env(), typed.help(typed.table));
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    if (words.size() == 1 && CommandNamed(words[0]) == nullptr) return NextWord::Actions(words[0]);
    std::vector<std::string> names;
    if (words.empty()) {
      for (const CommandEntry& entry : Commands()) names.push_back(entry.name);
    }
    return NextWord::Words(std::move(names));
  }
};

}  // namespace

std::unique_ptr<Command> MakeVersionCommand() { return std::make_unique<VersionCommand>(); }
std::unique_ptr<Command> MakeHelpCommand() { return std::make_unique<HelpCommand>(); }

}  // namespace orch::cli

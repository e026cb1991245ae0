// version and help: no configuration, no hub.
#include "absl/strings/str_cat.h"
#include "base/config_file.h"
#include "base/status_macros.h"
#include "base/version.h"
#include "cli/command.h"
#include "cli/exit_codes.h"
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
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 1, "help [command]"));
    if (words.empty()) {
      context->Print(GeneralHelp());
      return kExitOk;
    }
    const CommandEntry* entry = CommandNamed(words[0]);
    if (entry == nullptr) {
      std::vector<std::string> known;
      for (const CommandEntry& each : Commands()) known.push_back(each.name);
      const std::string nearest = NearestWord(words[0], known);
      return absl::InvalidArgumentError(
          absl::StrCat("no help for unknown command '", words[0], "'",
                       nearest.empty() ? "" : absl::StrCat("; did you mean ", nearest, "?")));
    }
    context->Print(CommandHelp(*entry));
    return kExitOk;
  }
};

}  // namespace

std::unique_ptr<Command> MakeVersionCommand() { return std::make_unique<VersionCommand>(); }
std::unique_ptr<Command> MakeHelpCommand() { return std::make_unique<HelpCommand>(); }

}  // namespace orch::cli

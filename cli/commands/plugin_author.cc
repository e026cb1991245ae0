// The commands `orchctl plugin generate` and `plugin validate`.
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "cli/commands/command.h"
#include "cli/commands/plugin_check.h"
#include "cli/commands/plugin_names.h"
#include "cli/commands/plugin_templates.h"
#include "cli/options/words.h"
#include "cli/terminal/exit_codes.h"
#include "cli/views/json_text.h"

namespace orch::cli {
namespace {

constexpr size_t kMaxActions = 50;  // in one generated plugin

constexpr OptionChoice<PluginLanguage> kLanguages[] = {{"shell", PluginLanguage::kShell},
                                                       {"python", PluginLanguage::kPython},
                                                       {"worker-python", PluginLanguage::kPythonWorker}};

absl::StatusOr<std::vector<std::string>> ParseActions(const std::string& text) {
  std::vector<std::string> actions = absl::StrSplit(text, ',', absl::SkipWhitespace());
  std::set<std::string> seen;
  for (const std::string& action : actions) {
    const bool good = action.size() <= 64 && action[0] >= 'a' && action[0] <= 'z' &&
                      action.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
    if (!good) {
      return absl::InvalidArgumentError(absl::StrCat(
          "'", action, "' is no action's name; a lower-case letter, then letters, digits and _ are allowed"));
    }
    if (!seen.insert(action).second) return absl::InvalidArgumentError(absl::StrCat("action '", action, "' twice"));
  }
  if (actions.empty() || actions.size() > kMaxActions)
    return absl::InvalidArgumentError(absl::StrCat("name 1 to ", kMaxActions, " actions: --actions start,stop"));
  return actions;
}

class PluginGenerateCommand final : public Command {
 public:
  void DeclareOptions(OptionTable* table) override {
    const std::string group = "Application Options";
    table->Text({"--actions"}, "LIST", "The plugin's actions, separated by commas", group, &actions_);
    table->Value(
        {"--language"}, "NAME", "Language of the program: shell, python or worker-python (shell)", group, &language_,
        [](const std::string& text) { return ParseChoice(text, kLanguages); }, NamesOf(kLanguages));
    table->Text({"-o", "--directory"}, "DIR", "Folder to write to (.)", group, &directory_);
    table->Flag({"--force"}, "Overwrite existing files", group, &force_);
  }

  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    constexpr char kUsage[] = "plugin generate agent <name> --actions <a,b>";
    ORCH_RETURN_IF_ERROR(AtMostWords(words, 2, kUsage));
    if (words.size() < 2 || words[0] != "agent")
      return absl::InvalidArgumentError(absl::StrCat("only agents can be generated; usage: orchctl ", kUsage));
    const std::string& name = words[1];
    ORCH_RETURN_IF_ERROR(CheckNewPluginName(name));
    ORCH_ASSIGN_OR_RETURN(const std::vector<std::string> actions, ParseActions(actions_));
    const std::string base = absl::StrCat(directory_, "/", name);
    ORCH_RETURN_IF_ERROR(MakeFolder());
    ORCH_RETURN_IF_ERROR(Write(absl::StrCat(base, ".json"), TemplateDdl(name, actions, language_), 0644));
    ORCH_RETURN_IF_ERROR(Write(base, TemplateProgram(name, actions, language_), 0755));
    context->Print(
        absl::StrCat("Wrote ", base, ".json and ", base, "\n\n",                                                 //
                     "  1. Edit both: the first says what goes in and out, the second does it.\n",               //
                     "  2. Check them:               orchctl plugin validate ", base, ".json\n",                 //
                     "  3. On each node, as root:    install -m 644 ", name, ".json /etc/orch/plugins.d/ &&\n",  //
                     "                               install -m 755 ", name, " /etc/orch/plugins.d/\n",          //
                     "  4. Let the nodes load them:  orchctl controller reload_agents\n",                        //
                     "  5. Call it:                  orchctl ", name, " ", actions[0], " --message hello\n"));
    return kExitOk;
  }
  NextWord Next(const std::vector<std::string>& words) const override {
    return words.empty() ? NextWord::Words({"agent"}) : NextWord();
  }

 private:
  absl::Status MakeFolder() const {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (!error) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("cannot make folder ", directory_, ": ", error.message()));
  }
  absl::Status Write(const std::string& path, const std::string& text, unsigned mode) const {
    std::error_code ignored;
    if (!force_ && std::filesystem::exists(path, ignored))
      return absl::AlreadyExistsError(absl::StrCat(path, " is there already; --force writes over it"));
    return WriteFileDurably(path, text, mode);
  }

  std::string actions_;
  std::string directory_ = ".";
  PluginLanguage language_ = PluginLanguage::kShell;
  bool force_ = false;
};

class PluginValidateCommand final : public Command {
 public:
  absl::StatusOr<int> Run(Context* context, const std::vector<std::string>& words) override {
    if (words.empty())
      return absl::InvalidArgumentError("name what to check; usage: orchctl plugin validate <file|dir> ...");
    std::vector<PluginCheck> checks;
    for (const std::string& word : words) {
      ORCH_ASSIGN_OR_RETURN(const std::vector<std::string> files, DdlFiles(word));
      for (const std::string& file : files) checks.push_back(CheckPlugin(file));
    }
    size_t wrong = 0;
    Json list = Json::array();
    for (const PluginCheck& check : checks) {
      wrong += check.problems.empty() ? 0 : 1;
      if (context->options().format == Format::kHuman) {
        Show(context, check);
      } else {
        list.push_back({{"file", check.file},
                        {"name", check.name},
                        {"version", check.version},
                        {"ok", check.problems.empty()},
                        {"problems", check.problems}});
      }
    }
    if (context->options().format != Format::kHuman) context->Print(JsonText(list, context->env().out_is_terminal));
    if (wrong == 0) return kExitOk;
    context->Note(absl::StrCat("orchctl: ", wrong, " of ", checks.size(), " plugins would not load on a node\n"));
    return kExitError;
  }
  NextWord Next(const std::vector<std::string>&) const override { return {NextWord::kFiles}; }

 private:
  static void Show(Context* context, const PluginCheck& check) {
    const std::string file = Printable(check.file);
    if (check.problems.empty()) {
      context->Print(absl::StrCat(file, ": ", context->style().Green("OK"), ", ", check.name, " ",
                                  Printable(check.version), ", ", check.provider, ", ", check.actions,
                                  check.actions == 1 ? " action\n" : " actions\n"));
    }
    for (const std::string& problem : check.problems)
      context->Print(absl::StrCat(file, ": ", context->style().Red("wrong"), ": ", Printable(problem), "\n"));
  }
};

}  // namespace

std::unique_ptr<Command> MakePluginGenerateCommand() { return std::make_unique<PluginGenerateCommand>(); }
std::unique_ptr<Command> MakePluginValidateCommand() { return std::make_unique<PluginValidateCommand>(); }

}  // namespace orch::cli

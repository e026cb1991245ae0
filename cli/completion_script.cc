#include "cli/completion_script.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "cli/command.h"

namespace orch::cli {
namespace {

// Words after a command that are no options.
std::string WordsOf(const std::string& command) {
  if (command == "completion") return "bash zsh";
  if (command == "plugin") return "list doc";
  if (command == "hub") return "status";
  if (command == "help") return absl::StrJoin(CommandNames(), " ");
  return "";
}

std::vector<std::string> NamesOf(const CommandEntry& entry) {
  std::vector<std::string> names = {entry.name};
  names.insert(names.end(), entry.aliases.begin(), entry.aliases.end());
  return names;
}

std::string OptionWords(const CommandEntry& entry) {
  CommonOptions options;
  const CommandInstance instance = MakeCommand(entry, &options);
  std::vector<std::string> words;
  for (const OptionSpec& spec : instance.table.specs()) words.insert(words.end(), spec.names.begin(), spec.names.end());
  std::sort(words.begin(), words.end());
  return absl::StrJoin(words, " ");
}

// Names of the options with fixed choices, and those that take a file, of all commands.
struct ValueOptions {
  std::vector<std::string> files;
  std::vector<std::pair<std::string, std::string>> choices;
};
ValueOptions CollectValueOptions() {
  ValueOptions found;
  for (const CommandEntry& entry : Commands()) {
    CommonOptions options;
    const CommandInstance instance = MakeCommand(entry, &options);
    for (const OptionSpec& spec : instance.table.specs()) {
      for (const std::string& name : spec.names) {
        if (spec.value == "FILE") found.files.push_back(name);
        if (!spec.choices.empty()) found.choices.emplace_back(name, absl::StrJoin(spec.choices, " "));
      }
    }
  }
  const auto unique = [](auto* list) {
    std::sort(list->begin(), list->end());
    list->erase(std::unique(list->begin(), list->end()), list->end());
  };
  unique(&found.files);
  unique(&found.choices);
  return found;
}

}  // namespace

std::vector<std::string> CommandNames() {
  std::vector<std::string> names;
  for (const CommandEntry& entry : Commands()) {
    const std::vector<std::string> own = NamesOf(entry);
    names.insert(names.end(), own.begin(), own.end());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string BashCompletion() {
  std::string cases;
  for (const CommandEntry& entry : Commands()) {
    absl::StrAppend(&cases, "    ", absl::StrJoin(NamesOf(entry), "|"), ")\n      options=\"", OptionWords(entry),
                    "\"\n      words=\"", WordsOf(entry.name), "\" ;;\n");
  }
  const ValueOptions values = CollectValueOptions();
  std::string previous = absl::StrCat("    ", absl::StrJoin(values.files, "|"),
                                      ")\n      COMPREPLY=($(compgen -f -- \"$current\"))\n      return ;;\n");
  for (const auto& [name, choices] : values.choices) {
    absl::StrAppend(&previous, "    ", name, ")\n      COMPREPLY=($(compgen -W \"", choices,
                    "\" -- \"$current\"))\n      return ;;\n");
  }
  return absl::StrCat(
      "# bash completion for orchctl; load it with: source <(orchctl completion bash)\n"
      "_orchctl() {\n"
      "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  local command=\"${COMP_WORDS[1]}\" options=\"\" words=\"\"\n"
      "  COMPREPLY=()\n"
      "  if [ \"$COMP_CWORD\" -le 1 ]; then\n"
      "    COMPREPLY=($(compgen -W \"", absl::StrJoin(CommandNames(), " "), "\" -- \"$current\"))\n"
      "    return\n"
      "  fi\n"
      "  case \"$previous\" in\n", previous,
      "  esac\n"
      "  case \"$command\" in\n", cases,
      "  esac\n"
      "  case \"$command:$COMP_CWORD\" in\n"
      "    invoke:2|rpc:2) words=\"$(orchctl completion --list-agents 2>/dev/null)\" ;;\n"
      "    invoke:3|rpc:3) words=\"$(orchctl completion --list-actions --agent \"${COMP_WORDS[2]}\" 2>/dev/null)\" ;;\n"
      "    invoke:*|rpc:*)\n"
      "      if [ \"$previous\" != = ] && [ \"$current\" != = ]; then\n"
      "        words=\"$(orchctl completion --list-inputs --agent \"${COMP_WORDS[2]}\" --action \"${COMP_WORDS[3]}\" "
      "2>/dev/null | sed 's/$/=/')\"\n"
      "        compopt -o nospace 2>/dev/null\n"
      "      fi ;;\n"
      "    package:*|service:*) words=\"$(orchctl completion --list-actions --agent \"$command\" 2>/dev/null)\" ;;\n"
      "    plugin:3) words=\"$(orchctl completion --list-agents 2>/dev/null)\" ;;\n"
      "  esac\n"
      "  case \"$current\" in\n"
      "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$current\")) ;;\n"
      "    *) COMPREPLY=($(compgen -W \"$words\" -- \"$current\")) ;;\n"
      "  esac\n"
      "}\n"
      "complete -F _orchctl orchctl");
}

std::string ZshCompletion() {
  std::string commands;
  std::string cases;
  for (const CommandEntry& entry : Commands()) {
    for (const std::string& name : NamesOf(entry)) {
      absl::StrAppend(&commands, "    '", name, ":", absl::StrReplaceAll(entry.summary, {{"'", "'\\''"}, {":", "\\:"}}),
                      "'\n");
    }
    absl::StrAppend(&cases, "    ", absl::StrJoin(NamesOf(entry), "|"), ")\n      options=(", OptionWords(entry),
                    ")\n      candidates=(", WordsOf(entry.name), ") ;;\n");
  }
  return absl::StrCat(
      "#compdef orchctl\n"
      "# zsh completion for orchctl; save it as _orchctl in a folder of $fpath\n"
      "_orchctl() {\n"
      "  local -a commands options candidates\n"
      "  commands=(\n",
      commands,
      "  )\n"
      "  if (( CURRENT == 2 )); then\n"
      "    _describe 'command' commands\n"
      "    return\n"
      "  fi\n"
      "  case \"${words[2]}\" in\n",
      cases,
      "  esac\n"
      "  case \"${words[2]}:$CURRENT\" in\n"
      "    invoke:3|rpc:3) candidates=(${(f)\"$(orchctl completion --list-agents 2>/dev/null)\"}) ;;\n"
      "    invoke:4|rpc:4) candidates=(${(f)\"$(orchctl completion --list-actions --agent ${words[3]} 2>/dev/null)\"}) "
      ";;\n"
      "    package:*|service:*) candidates=(${(f)\"$(orchctl completion --list-actions --agent ${words[2]} "
      "2>/dev/null)\"}) ;;\n"
      "    plugin:4) candidates=(${(f)\"$(orchctl completion --list-agents 2>/dev/null)\"}) ;;\n"
      "  esac\n"
      "  if [[ \"${words[CURRENT]}\" == -* ]]; then\n"
      "    compadd -- $options\n"
      "  else\n"
      "    compadd -- $candidates\n"
      "    _files\n"
      "  fi\n"
      "}\n"
      "_orchctl \"$@\"");
}

}  // namespace orch::cli

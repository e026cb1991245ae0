#include "actions/plugins/puppet/puppet_resource.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "actions/core/builtin_plugin.h"
#include "actions/plugins/puppet/managed_resources.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxResourceProblemBytes = 600;

bool Holds(const std::string& list, const std::string& word) {
  for (absl::string_view entry : absl::StrSplit(list, ',')) {
    if (absl::StripAsciiWhitespace(entry) == word) return true;
  }
  return false;
}

// Checks one word against puppet.KIND_whitelist and puppet.KIND_blacklist with `suffix`.
absl::Status CheckLists(const std::string& kind, const std::string& suffix, const std::string& word,
                        bool refused_by_default, const PuppetProgram& program) {
  const std::string allowing = absl::StrCat(kind, "_whitelist", suffix);
  const std::string refusing = absl::StrCat(kind, "_blacklist", suffix);
  const std::string allowed = program.Setting(allowing, "");
  const std::string refused = program.Setting(refusing, "");
  if (!allowed.empty() && !refused.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat("plugin.puppet.", allowing, " and plugin.puppet.", refusing, " are both set; keep one of them"));
  }
  const bool ok =
      refused.empty() ? (allowed.empty() ? !refused_by_default : Holds(allowed, word)) : !Holds(refused, word);
  if (ok) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat("resources '", word, "' are not allowed here: see plugin.puppet.",
                                                  refused.empty() ? allowing : refusing, " of this node"));
}

// A type must be a word. A name may be any title of Puppet, because it follows "--".
absl::Status CheckWord(const char* input, const std::string& word) {
  if (word.empty()) return absl::InvalidArgumentError(absl::StrCat("input '", input, "': must not be empty"));
  if (!absl::StrContains(word, '\0')) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("input '", input, "': must not hold a NUL byte"));
}

// The property that names the object of a resource independently of its title.
struct NameProperty {
  absl::string_view type, property;
};
constexpr NameProperty kNameProperties[] = {
    {"exec", "command"}, {"file", "path"}, {"k5login", "path"}, {"tidy", "path"}};

// Returns all names that could mean the resource; a name that is refused refuses the resource.
std::vector<std::string> NamesOf(const std::string& type, const std::string& name, const Json& inputs) {
  std::vector<std::string> names = {name};
  for (const NameProperty& entry : kNameProperties) {
    const auto found = inputs.find(std::string(entry.property));
    if (entry.type == type && found != inputs.end() && found->is_string()) names.push_back(found->get<std::string>());
  }
  return names;
}

// Returns "key=value" for each property.
absl::StatusOr<std::vector<std::string>> Properties(const Json& inputs) {
  std::vector<std::string> properties;
  for (const auto& [key, value] : inputs.items()) {
    if (key == "type" || key == "name") continue;
    const bool good = !key.empty() && absl::ascii_isalpha(key[0]) &&
                      std::all_of(key.begin(), key.end(), [](char c) { return absl::ascii_isalnum(c) || c == '_'; });
    if (!good) return absl::InvalidArgumentError(absl::StrCat("'", key, "' is no name of a property"));
    if (value.is_structured()) {
      return absl::InvalidArgumentError(absl::StrCat("property '", key, "': give text, a number or true or false"));
    }
    const std::string text = value.is_string() ? value.get<std::string>() : DumpJson(value);
    if (absl::StrContains(text, '\0'))
      return absl::InvalidArgumentError(absl::StrCat("property '", key, "': a NUL byte"));
    // `puppet resource` uses the first line that looks like a property and drops the rest.
    if (absl::StrContains(text, '\n')) {
      return absl::InvalidArgumentError(absl::StrCat(
          "property '", key, "': puppet resource takes one line; use puppetral create for a value of several"));
    }
    properties.push_back(absl::StrCat(key, "=", text));
  }
  return properties;
}

Reply InvalidInput(const absl::Status& status) {
  Reply reply = Reply::Aborted(std::string(status.message()));
  reply.status_code = kInvalidInput;
  return reply;
}

// Puppet reports each change as "Notice: /File[/x]/ensure: created".
bool SaysChanged(const std::string& output) {
  for (absl::string_view line : absl::StrSplit(output, '\n')) {
    if (absl::StartsWith(line, "Notice: /")) return true;
  }
  return false;
}

}  // namespace

absl::Status CheckResourceAllowed(const std::string& type, const std::string& name, const PuppetProgram& program) {
  ORCH_RETURN_IF_ERROR(CheckLists("resource_type", "", type, /*refused_by_default=*/true, program));
  return CheckLists("resource_name", absl::StrCat(".", type), name, /*refused_by_default=*/false, program);
}

Reply ApplyResource(const Request& request, const PuppetProgram& program, PuppetMemory* memory,
                    const Context& context) {
  const std::string type = absl::AsciiStrToLower(InputText(request, "type"));
  const std::string name = InputText(request, "name");
  for (const auto& [input, word] : {std::pair("type", &type), std::pair("name", &name)}) {
    if (const absl::Status good = CheckWord(input, *word); !good.ok()) return InvalidInput(good);
  }
  const absl::StatusOr<std::vector<std::string>> properties = Properties(request.inputs);
  if (!properties.ok()) return InvalidInput(properties.status());
  const std::vector<std::string> names = NamesOf(type, name, request.inputs);
  for (const std::string& one : names) {
    if (const absl::Status allowed = CheckResourceAllowed(type, one, program); !allowed.ok()) return ReplyFor(allowed);
  }
  const CommandRunner runner(context, program.Path());
  if (!properties->empty() && !program.Flag("resource_allow_managed_resources", false)) {
    const absl::StatusOr<PuppetFiles> files = memory->Files(program, runner);
    if (!files.ok()) return ReplyFor(files.status());
    const auto managed = ReadManagedResources(files->resources);
    if (!managed.ok()) return ReplyFor(managed.status());
    for (const std::string& one : names) {
      if (!IsManaged(*managed, absl::StrCat(type, "[", one, "]"))) continue;
      return Reply::Aborted(absl::StrCat("Puppet itself manages ", type, "[", one,
                                         "] on this node; set plugin.puppet.resource_allow_managed_resources to "
                                         "change it all the same"));
    }
  }
  std::vector<std::string> command = program.Command("resource");
  command.insert(command.end(), {"--color=false", "--", type, name});
  command.insert(command.end(), properties->begin(), properties->end());
  const absl::StatusOr<CommandOutput> output = runner.Run(command, PuppetProgram::Environment());
  if (!output.ok()) return ReplyFor(output.status());
  const std::string text(absl::StripAsciiWhitespace(output->Text()));
  Json data{{"result", text}, {"changed", SaysChanged(output->out)}};
  const bool failed = output->exit_code != 0 || absl::StrContains(output->err, "Error:");
  if (failed) {
    return Reply::Aborted(absl::StrCat("could not ", properties->empty() ? "read " : "set ", type, "[", name,
                                       "]: ", text.substr(0, kMaxResourceProblemBytes)),
                          std::move(data));
  }
  Reply reply;
  reply.data = std::move(data);
  return reply;
}

}  // namespace orch::actions

#include "actions/puppet/puppet_program.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/process/find_program.h"

namespace orch::actions {
namespace {

constexpr char kPath[] =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/puppetlabs/bin:/opt/puppet/bin";

}  // namespace

std::string PuppetProgram::Setting(absl::string_view name, absl::string_view absent) const {
  const auto found = settings_.find(absl::StrCat("puppet.", name));
  return std::string(found == settings_.end() || found->second.empty() ? absent : absl::string_view(found->second));
}

bool PuppetProgram::Flag(absl::string_view name, bool absent) const {
  const std::string text = absl::AsciiStrToLower(Setting(name, absent ? "true" : "false"));
  return text == "true" || text == "yes" || text == "on" || text == "1";
}

std::string PuppetProgram::Path() const { return Setting("path", kPath); }

std::vector<std::string> PuppetProgram::Command(absl::string_view subcommand) const {
  std::vector<std::string> command = absl::StrSplit(Setting("command", "puppet"), ' ', absl::SkipEmpty());
  // MCollective's configuration has "puppet agent" here.
  if (command.size() > 1 && command.back() == "agent") command.pop_back();
  if (command.empty()) command.emplace_back("puppet");
  command.emplace_back(subcommand);
  const std::string config = Setting("config", "");
  if (!config.empty()) command.insert(command.end(), {"--config", config});
  return command;
}

absl::Status PuppetProgram::Installed() const {
  const std::string program = Command("agent")[0];
  if (absl::StrContains(program, "/")) return FindProgram(program).status();
  for (absl::string_view folder : absl::StrSplit(Path(), ':', absl::SkipEmpty())) {
    if (FindProgram(absl::StrCat(folder, "/", program)).ok()) return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("program ", program, " is not there (looked in ", Path(),
                                          "); install Puppet, or set plugin.puppet.command"));
}

}  // namespace orch::actions

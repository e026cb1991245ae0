#include "actions/puppet/puppet_program.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file_stamp.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

constexpr char kPath[] =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/puppetlabs/bin:/opt/puppet/bin";

struct FileName {
  const char* setting;
  std::string PuppetFiles::*file;
};

constexpr FileName kFiles[] = {
    {"agent_catalog_run_lockfile", &PuppetFiles::run_lock},
    {"agent_disabled_lockfile", &PuppetFiles::disabled_lock},
    {"config", &PuppetFiles::config},
    {"lastrunfile", &PuppetFiles::summary},
    {"lastrunreport", &PuppetFiles::report},
    {"pidfile", &PuppetFiles::daemon_pid},
    {"resourcefile", &PuppetFiles::resources},
    {"statedir", &PuppetFiles::state_folder},
};

absl::StatusOr<PuppetFiles> ParsePrinted(const CommandOutput& output) {
  PuppetFiles files;
  for (absl::string_view line : absl::StrSplit(output.out, '\n')) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(" = ", 1));
    for (const FileName& name : kFiles) {
      if (parts.first == name.setting) files.*name.file = std::string(absl::StripAsciiWhitespace(parts.second));
    }
  }
  for (const FileName& name : kFiles) {
    if (!(files.*name.file).empty()) continue;
    return absl::AbortedError(absl::StrCat("puppet config print did not tell '", name.setting, "' (exit code ",
                                           output.exit_code,
                                           "): ", absl::StripAsciiWhitespace(output.Text()).substr(0, 300)));
  }
  return files;
}

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
  // "puppet agent" is what MCollective's configuration says here.
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

absl::StatusOr<PuppetFiles> PuppetMemory::Files(const PuppetProgram& program, const CommandRunner& runner) {
  std::vector<std::string> command = program.Command("config");
  {
    MutexLock lock(&mu_);
    if (known_.command == command && known_.stamp == FileStamp(known_.files.config)) return known_.files;
  }
  std::vector<std::string> asked = command;
  asked.insert(asked.end(), {"--section", "agent", "print"});
  for (const FileName& name : kFiles) asked.emplace_back(name.setting);
  // The stamp of before: a file that changes meanwhile is asked about again. Only its path is not known yet.
  const std::string configured = program.Setting("config", "");
  std::string stamp = configured.empty() ? "" : FileStamp(configured);
  ORCH_ASSIGN_OR_RETURN(const CommandOutput output, runner.Run(asked, PuppetProgram::Environment()));
  ORCH_ASSIGN_OR_RETURN(PuppetFiles files, ParsePrinted(output));
  if (configured.empty()) stamp = FileStamp(files.config);
  MutexLock lock(&mu_);
  known_ = {std::move(command), std::move(stamp), files};
  return files;
}

}  // namespace orch::actions

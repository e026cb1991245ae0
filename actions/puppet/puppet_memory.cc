#include "actions/puppet/puppet_memory.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file_stamp.h"
#include "base/status_macros.h"

namespace orch::actions {
namespace {

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

absl::StatusOr<PuppetFiles> PuppetMemory::Files(const PuppetProgram& program, const CommandRunner& runner) {
  std::vector<std::string> command = program.Command("config");
  {
    MutexLock lock(&mu_);
    if (known_.command == command && known_.stamp == FileStamp(known_.files.config)) return known_.files;
  }
  std::vector<std::string> asked = command;
  asked.insert(asked.end(), {"--section", "agent", "print"});
  for (const FileName& name : kFiles) asked.emplace_back(name.setting);
  // Keeps the stamp from before the question, so that a file which changes meanwhile causes another question.
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

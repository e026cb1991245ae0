#include "actions/plugins/nrpe/checks.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "actions/plugins/nrpe/command_line.h"
#include "base/durable_file.h"
#include "base/status_macros.h"
#include "base/text_file.h"

namespace orch::actions {
namespace {

constexpr char kConfigFolder[] = "/etc/nagios/nrpe.d";
constexpr absl::string_view kCommandSetting = "nrpe.command.";

using Checks = std::map<std::string, std::string>;

std::string SettingOf(const std::map<std::string, std::string>& settings, const char* name) {
  const auto found = settings.find(absl::StrCat("nrpe.", name));
  return found == settings.end() ? "" : found->second;
}

absl::StatusOr<std::vector<std::string>> ConfigFiles(const std::string& folder) {
  std::vector<std::string> files;
  DIR* const directory = opendir(folder.c_str());
  if (directory == nullptr) {
    if (errno == ENOENT) return files;
    return ErrnoStatus(errno, absl::StrCat("cannot list ", folder));
  }
  while (const dirent* entry = readdir(directory)) {
    if (absl::EndsWith(entry->d_name, ".cfg") && files.size() < kMaxCheckFiles) {
      files.push_back(absl::StrCat(folder, "/", entry->d_name));
    }
  }
  closedir(directory);
  std::sort(files.begin(), files.end());
  return files;
}

CheckResult Unknown(absl::string_view why) { return {kUnknownState, std::string(why), ""}; }

}  // namespace

const char* StateName(int exit_code) {
  constexpr const char* kNames[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  return kNames[exit_code >= 0 && exit_code < kUnknownState ? exit_code : kUnknownState];
}

void ReadChecks(absl::string_view text, Checks* checks) {
  for (absl::string_view line : absl::StrSplit(WithoutByteOrderMark(text), '\n')) {
    line = absl::StripAsciiWhitespace(line);
    if (!absl::ConsumePrefix(&line, "command[")) continue;
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(']', 1));
    absl::string_view command = absl::StripAsciiWhitespace(parts.second);
    if (parts.first.empty() || !absl::ConsumePrefix(&command, "=")) continue;
    if (checks->size() >= kMaxChecks && !checks->contains(std::string(parts.first))) continue;
    (*checks)[std::string(parts.first)] = std::string(absl::StripAsciiWhitespace(command));
  }
}

absl::StatusOr<Checks> LoadChecks(const std::map<std::string, std::string>& settings) {
  std::vector<std::string> files;
  const std::string file = SettingOf(settings, "conf_file");
  if (!file.empty()) {
    files.push_back(file);
  } else {
    std::string folders = SettingOf(settings, "conf_path");
    if (folders.empty()) folders = SettingOf(settings, "conf_dir");
    if (folders.empty()) folders = kConfigFolder;
    for (absl::string_view folder : absl::StrSplit(folders, ':', absl::SkipEmpty())) {
      ORCH_ASSIGN_OR_RETURN(const std::vector<std::string> more, ConfigFiles(std::string(folder)));
      files.insert(files.end(), more.begin(), more.end());
    }
  }
  Checks checks;
  for (const std::string& one : files) {
    ORCH_ASSIGN_OR_RETURN(const std::string text, ReadFile(one, kMaxCheckFileBytes));
    ReadChecks(text, &checks);
  }
  for (const auto& [name, value] : settings) {
    if (absl::StartsWith(name, kCommandSetting)) checks[name.substr(kCommandSetting.size())] = value;
  }
  return checks;
}

void SplitCheckOutput(absl::string_view text, CheckResult* result) {
  std::vector<absl::string_view> words, data;
  bool first = true, in_data = false;  // after the first line's, data goes on to the end
  for (absl::string_view line : absl::StrSplit(absl::StripAsciiWhitespace(text), '\n')) {
    if (in_data) {
      data.push_back(absl::StripAsciiWhitespace(line));
    } else {
      const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits('|', 1));
      words.push_back(absl::StripTrailingAsciiWhitespace(parts.first));
      if (!parts.second.empty()) data.push_back(absl::StripAsciiWhitespace(parts.second));
      in_data = !first && absl::StrContains(line, '|');
    }
    first = false;
  }
  result->output = absl::StrJoin(words, "\n");
  result->perfdata = absl::StrJoin(data, " ");
}

absl::StatusOr<CheckResult> RunCheck(const CommandRunner& runner, const std::string& line,
                                     const std::vector<std::string>* arguments) {
  const absl::StatusOr<std::vector<std::string>> argv = CheckArgv(line, arguments);
  if (!argv.ok()) return Unknown(absl::StrCat("the command line ", argv.status().message()));
  const absl::StatusOr<CommandOutput> output = runner.Run(*argv);
  if (absl::IsCancelled(output.status())) return output.status();
  if (!output.ok()) return Unknown(output.status().message());
  CheckResult result;
  SplitCheckOutput(output->out.empty() ? output->err : output->out, &result);
  result.exit_code = output->exit_code >= 0 && output->exit_code <= kUnknownState ? output->exit_code : kUnknownState;
  return result;
}

}  // namespace orch::actions

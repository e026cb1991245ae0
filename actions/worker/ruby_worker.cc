#include "actions/worker/ruby_worker.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "actions/puppet/puppet_program.h"
#include "base/process/find_program.h"

namespace orch::actions {
namespace {

constexpr absl::Duration kMaxIdle = absl::Hours(24);
constexpr size_t kMaxWrapperBytes = 16u << 10;  // of a program, read to find its ruby

bool IsFile(const std::string& path) {
  struct stat info;
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

std::string Folder(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "/" : path.substr(0, slash);
}

// Returns the folder "lib/orch/ruby" that was built or installed with this program.
std::string OwnScripts() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path);
  if (size <= 0 || size == sizeof path) return "";
  return absl::StrCat(Folder(Folder(std::string(path, size))), "/lib/orch/ruby");
}

// Returns the words of a script's first line: its interpreter, without env, and the interpreter's arguments.
std::vector<std::string> InterpreterOf(absl::string_view script) {
  absl::string_view line = script.substr(0, script.find('\n'));
  if (!absl::ConsumePrefix(&line, "#!")) return {};
  std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
  if (words.size() > 1 && absl::EndsWith(words[0], "/env")) words.erase(words.begin());
  return words;
}

// The places of ruby in Puppet's own packages: puppet-agent, then Puppet Enterprise before 2015.
absl::StatusOr<std::string> RubyOfPackages() {
  for (const char* path : {"/opt/puppetlabs/puppet/bin/ruby", "/opt/puppet/bin/ruby"}) {
    if (absl::StatusOr<std::string> ruby = FindProgram(path); ruby.ok()) return ruby;
  }
  return absl::NotFoundError("Puppet's packages have brought no ruby");
}

// Returns the ruby that a wrapper script executes. In Puppet's packages, /opt/puppetlabs/bin/puppet is a link to
// /opt/puppetlabs/puppet/bin/wrapper.sh, which ends with "exec /opt/puppetlabs/puppet/bin/${COMMAND} "$@"". The ruby is
// beside the executed program or beside the script itself.
absl::StatusOr<std::string> RubyBehind(const std::string& program, absl::string_view script) {
  std::vector<std::string> folders;
  for (absl::string_view line : absl::StrSplit(script, '\n')) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar(" \t\r\"'"), absl::SkipEmpty());
    const auto exec = std::find(words.begin(), words.end(), "exec");
    for (auto word = exec; word != words.end(); ++word) {
      if (absl::StartsWith(*word, "/") && !absl::EndsWith(*word, "/env")) folders.push_back(Folder(*word));
    }
  }
  std::error_code error;
  const std::filesystem::path real = std::filesystem::canonical(program, error);
  if (!error) folders.push_back(real.parent_path().string());
  for (const std::string& folder : folders) {
    if (absl::StatusOr<std::string> ruby = FindProgram(absl::StrCat(folder, "/ruby")); ruby.ok()) return ruby;
  }
  return RubyOfPackages();
}

}  // namespace

std::string SettingOf(const PluginSettings& settings, absl::string_view name) {
  const auto found = settings.find(std::string(name));
  return found == settings.end() ? "" : found->second;
}

absl::StatusOr<std::string> FindRubyScript(const PluginSettings& settings, absl::string_view name) {
  const std::string set = SettingOf(settings, "ruby.scripts");
  const std::string path = absl::StrCat(set.empty() ? OwnScripts() : set, "/", name);
  if (IsFile(path)) return path;
  return absl::NotFoundError(
      absl::StrCat("the script ", path, " is not there; install it, or set plugin.ruby.scripts"));
}

absl::StatusOr<std::string> RubyOf(const std::string& program) {
  std::ifstream file(program, std::ios::binary);
  if (!file.is_open()) return absl::NotFoundError(absl::StrCat(program, " cannot be read"));
  std::string text(kMaxWrapperBytes, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(file.gcount());
  const std::vector<std::string> words = InterpreterOf(text);
  if (!words.empty() && absl::StrContains(words[0], "ruby")) {
    absl::StatusOr<std::string> ruby = FindProgram(words[0]);
    if (ruby.ok()) return ruby;
    return absl::NotFoundError(absl::StrCat(program, " needs ", words[0], ", which is not there; install ruby"));
  }
  if (!words.empty() && absl::EndsWith(words[0], "sh")) {
    if (absl::StatusOr<std::string> ruby = RubyBehind(program, text); ruby.ok()) return ruby;
  }
  return absl::FailedPreconditionError(absl::StrCat(
      program, " is no Ruby program: its first line names no ruby, nor is there one where Puppet's packages have it"));
}

absl::StatusOr<std::string> FindPuppetsRuby(const PluginSettings& settings) {
  if (const absl::StatusOr<std::string> puppet = FindPuppet(settings); puppet.ok()) {
    if (absl::StatusOr<std::string> ruby = RubyOf(*puppet); ruby.ok()) return ruby;
  }
  return RubyOfPackages();
}

absl::StatusOr<std::string> FindPuppet(const PluginSettings& settings) {
  const PuppetProgram puppet(settings);
  const std::string name = puppet.Command("config").front();
  if (absl::StrContains(name, '/')) {
    absl::StatusOr<std::string> found = FindProgram(name);
    if (found.ok()) return found;
    return absl::NotFoundError(absl::StrCat("plugin.puppet.command: ", name, " is not there"));
  }
  const std::string path = puppet.Path();
  for (absl::string_view folder : absl::StrSplit(path, ':', absl::SkipEmpty())) {
    if (absl::StatusOr<std::string> found = FindProgram(absl::StrCat(folder, "/", name)); found.ok()) return found;
  }
  return absl::NotFoundError(absl::StrCat("Puppet is not installed on this node (no program ", name, ")"));
}

absl::Status ReadWorkerSettings(const PluginSettings& settings, absl::string_view name, WarmWorker::Options* options) {
  const std::string idle = SettingOf(settings, absl::StrCat(name, ".idle"));
  if (!idle.empty() && (!absl::ParseDuration(idle, &options->idle) || options->idle <= absl::ZeroDuration() ||
                        options->idle > kMaxIdle)) {
    return absl::InvalidArgumentError(
        absl::StrCat("plugin.", name, ".idle: '", idle, "' must be a time up to 24h, such as 10m"));
  }
  const std::string processes = SettingOf(settings, absl::StrCat(name, ".processes"));
  if (processes.empty()) return absl::OkStatus();
  if (!absl::SimpleAtoi(processes, &options->max_processes) || options->max_processes < 1 ||
      options->max_processes > WarmWorker::kMaxProcesses) {
    return absl::InvalidArgumentError(
        absl::StrCat("plugin.", name, ".processes: '", processes, "' must be from 1 to ", WarmWorker::kMaxProcesses));
  }
  return absl::OkStatus();
}

}  // namespace orch::actions

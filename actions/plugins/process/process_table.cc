#include "actions/plugins/process/process_table.h"

#include <dirent.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/durable_file.h"

namespace orch::actions {
namespace {

constexpr size_t kMaxStatusBytes = 64u << 10;
constexpr size_t kMaxReadBytes = 4u << 20;  // the kernel's own limit of a command line is near

// Returns the bytes of "  123 kB".
int64_t Kilobytes(absl::string_view text) {
  int64_t kilobytes = 0;
  const std::vector<absl::string_view> words = absl::StrSplit(text, ' ', absl::SkipEmpty());
  return !words.empty() && absl::SimpleAtoi(words[0], &kilobytes) ? kilobytes * 1024 : 0;
}

// Reads /proc/PID/status, which has one "Name:\tvalue" a line.
bool ReadStatus(absl::string_view text, ProcessInfo* process) {
  bool complete = false;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const std::pair<absl::string_view, absl::string_view> parts = absl::StrSplit(line, absl::MaxSplits(':', 1));
    const absl::string_view value = absl::StripAsciiWhitespace(parts.second);
    if (parts.first == "Name") process->name = std::string(value);
    if (parts.first == "State" && !value.empty()) process->state = value[0];
    if (parts.first == "PPid" && !absl::SimpleAtoi(value, &process->ppid)) return false;
    if (parts.first == "VmSize") process->memory_bytes = Kilobytes(value);
    if (parts.first == "VmRSS") process->resident_bytes = Kilobytes(value);
    if (parts.first == "Uid") {
      const std::vector<absl::string_view> ids = absl::StrSplit(value, '\t');  // real, effective, saved, file system
      complete = ids.size() > 1 && absl::SimpleAtoi(ids[1], &process->uid);
    }
  }
  return complete;
}

std::string CommandLine(const std::string& folder, const std::string& name) {
  absl::StatusOr<std::string> text = ReadFile(absl::StrCat(folder, "/cmdline"), kMaxReadBytes);
  if (!text.ok() || text->empty()) return absl::StrCat("[", name, "]");
  while (!text->empty() && text->back() == '\0') text->pop_back();
  std::replace(text->begin(), text->end(), '\0', ' ');
  return text->substr(0, kMaxCommandLineBytes);
}

}  // namespace

absl::StatusOr<std::vector<ProcessInfo>> ReadProcesses(const std::string& root) {
  DIR* const directory = opendir(root.c_str());
  if (directory == nullptr) return ErrnoStatus(errno, absl::StrCat("cannot list ", root));
  std::vector<ProcessInfo> processes;
  while (const dirent* entry = readdir(directory)) {
    ProcessInfo process;
    if (!absl::ascii_isdigit(entry->d_name[0]) || !absl::SimpleAtoi(entry->d_name, &process.pid)) continue;
    if (processes.size() >= kMaxProcesses) break;
    const std::string folder = absl::StrCat(root, "/", entry->d_name);
    const absl::StatusOr<std::string> status = ReadFile(absl::StrCat(folder, "/status"), kMaxStatusBytes);
    if (!status.ok() || !ReadStatus(*status, &process)) continue;
    process.command_line = CommandLine(folder, process.name);
    processes.push_back(std::move(process));
  }
  closedir(directory);
  std::sort(processes.begin(), processes.end(), [](const auto& a, const auto& b) { return a.pid < b.pid; });
  return processes;
}

}  // namespace orch::actions

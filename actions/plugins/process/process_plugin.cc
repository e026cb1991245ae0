#include "actions/plugins/process/process_plugin.h"

#include <pwd.h>
#include <unistd.h>

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "actions/plugins/process/process_table.h"
#include "base/status_macros.h"
#include "re2/re2.h"

namespace orch::actions {
namespace {

constexpr int64_t kPatternMemory = 1 << 20;
constexpr size_t kUserBuffer = 16u << 10;

std::string ProcRoot(const std::map<std::string, std::string>& settings) {
  const auto found = settings.find("process.proc");
  return found == settings.end() || found->second.empty() ? "/proc" : found->second;
}

absl::StatusOr<std::unique_ptr<re2::RE2>> Compile(const std::string& text) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kPatternMemory);
  auto pattern = std::make_unique<re2::RE2>(text, options);
  if (pattern->ok()) return pattern;
  return absl::InvalidArgumentError(absl::StrCat("input 'pattern': is no regular expression: ", pattern->error()));
}

// Takes a name or a number. NotFound if there is no such user.
absl::StatusOr<uid_t> UserId(const std::string& user) {
  uid_t number;
  if (absl::SimpleAtoi(user, &number)) return number;
  passwd entry;
  passwd* found = nullptr;
  std::string buffer(kUserBuffer, '\0');
  if (getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
    return found->pw_uid;
  }
  return absl::NotFoundError(absl::StrCat("this node has no user ", user));
}

// Looks up each name of a user once.
class UserNames {
 public:
  const std::string& Of(uid_t uid) {
    const auto [place, isnew] = names_.emplace(uid, absl::StrCat(uid));
    passwd entry;
    passwd* found = nullptr;
    std::string buffer(kUserBuffer, '\0');
    if (isnew && getpwuid_r(uid, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
      place->second = found->pw_name;
    }
    return place->second;
  }

 private:
  std::map<uid_t, std::string> names_;
};

struct Wanted {
  std::unique_ptr<re2::RE2> pattern;  // null: any
  std::optional<uid_t> user;
  bool just_zombies = false;

  bool Holds(const ProcessInfo& process) const {
    return (!just_zombies || process.zombie()) && (!user || process.uid == *user) &&
           (pattern == nullptr || re2::RE2::PartialMatch(process.command_line, *pattern));
  }
};

absl::StatusOr<Wanted> ReadWanted(const Request& request) {
  Wanted wanted;
  wanted.just_zombies = InputFlag(request, "just_zombies");
  const std::string user = InputText(request, "user"), pattern = InputText(request, "pattern");
  if (!pattern.empty()) {
    ORCH_ASSIGN_OR_RETURN(wanted.pattern, Compile(pattern));
  }
  if (!user.empty()) {
    ORCH_ASSIGN_OR_RETURN(wanted.user, UserId(user));
  }
  return wanted;
}

}  // namespace

ProcessPlugin::ProcessPlugin(std::shared_ptr<const ddl::Plugin> ddl, const BuiltinOptions& options)
    : BuiltinPlugin(std::move(ddl)), root_(ProcRoot(options.settings)) {}

Reply ProcessPlugin::RunAction(const Request& request, const Context&) {
  const absl::StatusOr<Wanted> wanted = ReadWanted(request);
  if (!wanted.ok()) {
    Reply reply = ReplyFor(wanted.status());
    if (absl::IsInvalidArgument(wanted.status())) reply.status_code = kInvalidInput;
    return reply;
  }
  const absl::StatusOr<std::vector<ProcessInfo>> processes = ReadProcesses(root_);
  if (!processes.ok()) return ReplyFor(processes.status());
  UserNames users;
  Json list = Json::array();
  int64_t count = 0, memory = 0, resident = 0;
  for (const ProcessInfo& process : *processes) {
    if (!wanted->Holds(process)) continue;
    ++count;
    memory += process.memory_bytes;
    resident += process.resident_bytes;
    if (list.size() >= kMaxListedProcesses) continue;
    list.push_back({{"pid", process.pid},
                    {"ppid", process.ppid},
                    {"uid", process.uid},
                    {"user", users.Of(process.uid)},
                    {"state", std::string(1, process.state)},
                    {"name", process.name},
                    {"cmdline", process.command_line},
                    {"vsize", process.memory_bytes},
                    {"rss", process.resident_bytes}});
  }
  Reply reply;
  reply.data = Json{{"count", count}, {"vsize", memory}, {"rss", resident}, {"pslist", std::move(list)}};
  if (count > static_cast<int64_t>(kMaxListedProcesses)) {
    reply.status_message = absl::StrCat("the first ", kMaxListedProcesses, " of ", count, " processes are listed");
  }
  return reply;
}

absl::StatusOr<int64_t> CountProcesses(const std::string& pattern, const std::map<std::string, std::string>& settings) {
  Wanted wanted;
  ORCH_ASSIGN_OR_RETURN(wanted.pattern, Compile(pattern));
  ORCH_ASSIGN_OR_RETURN(const std::vector<ProcessInfo> processes, ReadProcesses(ProcRoot(settings)));
  int64_t count = 0;
  for (const ProcessInfo& process : processes) count += wanted.Holds(process) && !process.zombie() ? 1 : 0;
  return count;
}

}  // namespace orch::actions

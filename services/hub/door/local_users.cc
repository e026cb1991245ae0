#include "services/hub/door/local_users.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace orch::hub {
namespace {

constexpr size_t kEntryBytes = 64u << 10;  // for an entry of the user or group database
constexpr size_t kMaxGroupIds = 1024;      // that are read of one user

// Empty when the number has no name.
std::string GroupName(gid_t gid) {
  std::vector<char> buffer(kEntryBytes);
  group entry{};
  group* found = nullptr;
  if (getgrgid_r(gid, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return "";
  return entry.gr_name;
}

std::vector<gid_t> GroupIds(const ucred& who, const passwd* user) {
  std::vector<gid_t> ids = {who.gid};
  if (user == nullptr) return ids;
  std::vector<gid_t> listed(kMaxGroupIds);
  int count = static_cast<int>(listed.size());
  if (getgrouplist(user->pw_name, user->pw_gid, listed.data(), &count) < 0) return ids;
  ids.insert(ids.end(), listed.begin(), listed.begin() + count);
  return ids;
}

}  // namespace

LocalUser LookUpLocalUser(const ucred& who, const std::string& group) {
  std::vector<char> buffer(kEntryBytes);
  passwd entry{};
  passwd* found = nullptr;
  getpwuid_r(who.uid, &entry, buffer.data(), buffer.size(), &found);
  LocalUser user{found == nullptr ? absl::StrCat("uid-", who.uid) : entry.pw_name, {}};
  std::set<std::string> names;
  for (const gid_t id : GroupIds(who, found)) {
    if (std::string name = GroupName(id); !name.empty()) names.insert(std::move(name));
  }
  const bool own = who.uid == 0 || who.uid == geteuid();
  if (!own && (group.empty() || found == nullptr || !names.contains(group))) return {};
  if (names.size() > LocalUsers::kMaxGroups) {
    LogWarning("a local user is in more groups than rules can name; the last ones by name are left out",
               {{"user", user.name}, {"groups", absl::StrCat(names.size())}});
  }
  for (const std::string& name : names) {
    if (user.groups.size() < LocalUsers::kMaxGroups) user.groups.push_back(name);
  }
  return user;
}

bool LocalUsers::Ask(uint64_t connection, int fd) {
  ucred who{};
  socklen_t size = sizeof who;
  if (asked_ >= kMaxAsked || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return false;
  ++asked_;
  thread_.Post([this, connection, who] {
    LocalUser user = look_up_(who);
    {
      MutexLock lock(&mu_);
      answers_.push_back({connection, std::move(user)});
    }
    wake_();
  });
  return true;
}

std::vector<LocalUsers::Answer> LocalUsers::Take() {
  if (asked_ == 0) return {};
  std::vector<Answer> taken;
  {
    MutexLock lock(&mu_);
    taken.swap(answers_);
  }
  asked_ -= taken.size();
  return taken;
}

}  // namespace orch::hub

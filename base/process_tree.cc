#include "base/process_tree.h"

#include <dirent.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>

namespace orch {
namespace {

// 0 when the process is gone.
pid_t ParentOf(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/stat", static_cast<int>(pid));
  FILE* file = fopen(path, "re");
  if (file == nullptr) return 0;
  char text[512];
  const size_t size = fread(text, 1, sizeof text - 1, file);
  fclose(file);
  text[size] = '\0';
  // "pid (name) state ppid …"; the name may hold anything, brackets too.
  const char* end = strrchr(text, ')');
  int parent = 0;
  return end != nullptr && sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

std::multimap<pid_t, pid_t> ChildrenByParent() {
  std::multimap<pid_t, pid_t> children;
  DIR* folder = opendir("/proc");
  if (folder == nullptr) return children;
  while (const dirent* entry = readdir(folder)) {
    const pid_t pid = static_cast<pid_t>(strtol(entry->d_name, nullptr, 10));
    if (pid > 0) children.emplace(ParentOf(pid), pid);
  }
  closedir(folder);
  return children;
}

}  // namespace

std::vector<pid_t> DescendantsOf(pid_t root) {
  const std::multimap<pid_t, pid_t> children = ChildrenByParent();
  std::vector<pid_t> found = {root};
  for (size_t i = 0; i < found.size() && found.size() <= kMaxDescendants; ++i) {
    const auto [begin, end] = children.equal_range(found[i]);
    for (auto child = begin; child != end; ++child) {
      if (std::find(found.begin(), found.end(), child->second) == found.end()) found.push_back(child->second);
    }
  }
  found.erase(found.begin());
  return found;
}

void KillDescendants(pid_t root) {
  if (root <= 1) return;
  kill(root, SIGSTOP);
  // Twice: what they started while the first look was taken.
  for (const int signal : {SIGSTOP, SIGKILL}) {
    for (const pid_t pid : DescendantsOf(root)) kill(pid, signal);
  }
}

}  // namespace orch

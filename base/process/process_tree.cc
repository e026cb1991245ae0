#include "base/process/process_tree.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>

namespace orch {
namespace {

constexpr size_t kFolderBytes = 32u << 10;
constexpr size_t kStatBytes = 512;

// The record that getdents64 writes.
struct FolderEntry {
  uint64_t inode;
  int64_t next;
  uint16_t size;
  uint8_t type;
  char name[1];
};

// Returns 0 if `text` is no number.
pid_t Number(const char* text) {
  pid_t number = 0;
  for (; *text >= '0' && *text <= '9'; ++text) number = number * 10 + (*text - '0');
  return *text == '\0' || *text == ' ' ? number : 0;
}

// "/proc/PID/stat"
void WritePath(pid_t pid, char* path) {
  char digits[16];
  size_t count = 0;
  do {
    digits[count++] = static_cast<char>('0' + pid % 10);
  } while ((pid /= 10) > 0);
  memcpy(path, "/proc/", 6);  // NOLINT(bugprone-not-null-terminated-result): the rest follows
  path += 6;
  while (count > 0) *path++ = digits[--count];
  memcpy(path, "/stat", 6);
}

// Returns false if the process has ended. The text is "pid (name) state ppid …"; the name may contain any characters,
// including brackets.
bool ReadStat(pid_t pid, pid_t* parent, bool* ended) {
  char path[40], text[kStatBytes];
  WritePath(pid, path);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const ssize_t size = read(fd, text, sizeof text - 1);
  close(fd);
  if (size <= 0) return false;
  text[size] = '\0';
  const char* end = strrchr(text, ')');
  if (end == nullptr || strlen(end) < 5) return false;
  *ended = end[2] == 'Z' || end[2] == 'X';
  *parent = Number(end + 4);
  return true;
}

}  // namespace

ProcessTree::ProcessTree() {
  void* memory = mmap(nullptr, kMaxProcesses * sizeof(Row), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory != MAP_FAILED) rows_ = static_cast<Row*>(memory);
}

ProcessTree::~ProcessTree() {
  if (rows_ != nullptr) munmap(rows_, kMaxProcesses * sizeof(Row));
}

void ProcessTree::ReadAll() {
  count_ = 0;
  const int folder = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0 || rows_ == nullptr) return;
  alignas(FolderEntry) char entries[kFolderBytes];
  for (long size; (size = syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0;) {
    for (long at = 0; at < size && count_ < kMaxProcesses;) {
      const auto* entry = reinterpret_cast<const FolderEntry*>(entries + at);
      at += entry->size;
      Row row = {Number(entry->name), 0, false, false};
      if (row.pid > 0 && ReadStat(row.pid, &row.parent, &row.ended)) rows_[count_++] = row;
    }
  }
  close(folder);
  std::sort(rows_, rows_ + count_, [](const Row& a, const Row& b) { return a.pid < b.pid; });
}

ProcessTree::Row* ProcessTree::RowOf(pid_t pid) const {
  Row* const end = rows_ + count_;
  Row* const row = std::lower_bound(rows_, end, pid, [](const Row& a, pid_t wanted) { return a.pid < wanted; });
  return row != end && row->pid == pid ? row : nullptr;
}

size_t ProcessTree::Find(pid_t root, const SparedChildren& spared) {
  root_ = root;
  ReadAll();
  size_t found = 0;
  // Most children have higher pids than their parents, so few passes are needed.
  for (bool more = true; more;) {
    more = false;
    for (size_t i = 0; i < count_; ++i) {
      Row& row = rows_[i];
      if (row.found || row.pid == root) continue;
      const Row* const parent = row.parent == root ? nullptr : RowOf(row.parent);
      const bool below = row.parent == root ? !spared.Has(row.pid) : parent != nullptr && parent->found;
      if (!below) continue;
      row.found = more = true;
      found += row.ended ? 0 : 1;
    }
  }
  return found;
}

void ProcessTree::Signal(int signal) const {
  // Signals parents first, as far as pids tell, so that no parent has time to replace a dead child.
  for (size_t i = 0; i < count_; ++i) {
    if (rows_[i].found && !rows_[i].ended) kill(rows_[i].pid, signal);
  }
}

bool ProcessTree::HasEnded() const {
  for (size_t i = 0; i < count_; ++i) {
    if (rows_[i].found && rows_[i].ended) return true;
  }
  return false;
}

}  // namespace orch

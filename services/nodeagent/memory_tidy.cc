#include "services/nodeagent/memory_tidy.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "base/durable_file.h"

namespace orch::nodeagent {
namespace {

constexpr size_t kMaxSmapsBytes = 1u << 20;

// The first line of a mapping: 55d0c0a00000-55d0c0b00000 r-xp 00100000 fe:00 1234   /usr/sbin/orch-nodeagent
bool ParseMapping(const std::vector<absl::string_view>& words, PageRange* range) {
  const std::vector<absl::string_view> ends = absl::StrSplit(words[0], '-');
  uint64_t begin = 0, end = 0;
  if (ends.size() != 2 || !absl::SimpleHexAtoi(ends[0], &begin) || !absl::SimpleHexAtoi(ends[1], &end)) return false;
  *range = {static_cast<size_t>(begin), static_cast<size_t>(end)};
  return begin < end;
}

bool IsReadOnlyFile(const std::vector<absl::string_view>& words) {
  return words.size() >= 6 && (words[1] == "r-xp" || words[1] == "r--p") && words[5][0] == '/';
}

}  // namespace

std::vector<PageRange> FindCleanPages(absl::string_view smaps) {
  std::vector<PageRange> clean;
  PageRange range;
  bool is_file = false, no_own_pages = false;
  for (const absl::string_view line : absl::StrSplit(smaps, '\n')) {
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ', absl::SkipEmpty());
    if (words.size() < 3) continue;
    if (words[0] == "Anonymous:") {
      no_own_pages = words[1] == "0";
    } else if (words[0] == "Swap:") {
      if (is_file && no_own_pages && words[1] == "0") clean.push_back(range);
    } else if (words[0].back() != ':') {
      is_file = IsReadOnlyFile(words) && ParseMapping(words, &range);
      no_own_pages = false;
    }
  }
  return clean;
}

void TidyMemory() {
  malloc_trim(0);
  const absl::StatusOr<std::string> smaps = ReadFile("/proc/self/smaps", kMaxSmapsBytes);
  if (!smaps.ok()) return;
  for (const PageRange& range : FindCleanPages(*smaps)) {
    void* const begin = reinterpret_cast<void*>(range.begin);  // NOLINT(performance-no-int-to-ptr): from /proc
    madvise(begin, range.end - range.begin, MADV_DONTNEED);
  }
}

}  // namespace orch::nodeagent

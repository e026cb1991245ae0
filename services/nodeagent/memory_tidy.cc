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

constexpr size_t kMaxMapsBytes = 1u << 20;

}  // namespace

bool ParseCodeRange(absl::string_view maps_line, CodeRange* range) {
  // 55d0c0a00000-55d0c0b00000 r-xp 00100000 fe:00 1234   /usr/sbin/orch-nodeagent
  const std::vector<absl::string_view> words = absl::StrSplit(maps_line, ' ', absl::SkipEmpty());
  if (words.size() < 6 || words[1] != "r-xp" || words[5][0] != '/') return false;
  const std::vector<absl::string_view> ends = absl::StrSplit(words[0], '-');
  uint64_t begin = 0, end = 0;
  if (ends.size() != 2 || !absl::SimpleHexAtoi(ends[0], &begin) || !absl::SimpleHexAtoi(ends[1], &end)) return false;
  *range = {static_cast<size_t>(begin), static_cast<size_t>(end)};
  return begin < end;
}

void TidyMemory() {
  malloc_trim(0);
  const absl::StatusOr<std::string> maps = ReadFile("/proc/self/maps", kMaxMapsBytes);
  if (!maps.ok()) return;
  for (const absl::string_view line : absl::StrSplit(*maps, '\n')) {
    CodeRange range;
    if (!ParseCodeRange(line, &range)) continue;
    // Pages that are needed again come back from the page cache.
    void* const begin = reinterpret_cast<void*>(range.begin);  // NOLINT(performance-no-int-to-ptr): from /proc
    madvise(begin, range.end - range.begin, MADV_DONTNEED);
  }
}

}  // namespace orch::nodeagent

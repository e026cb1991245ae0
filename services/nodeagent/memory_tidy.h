// Keeps the memory of an idle agent small. Any thread. A program notices nothing but the time of a few page faults.
#pragma once

#include <cstddef>
#include <vector>

#include "absl/strings/string_view.h"

namespace orch::nodeagent {

// Returns free heap to the system, and unmaps pages of files that are not in use: the kernel maps sixteen pages for
// each page that is touched at the start, and most of the code runs once.
void TidyMemory();

struct PageRange {
  size_t begin = 0;
  size_t end = 0;
};
// The mappings in the text of /proc/self/smaps whose pages can all be read from their file again: of files, never
// written by this process, and without a page of its own in memory or in swap, as relocated data has.
std::vector<PageRange> FindCleanPages(absl::string_view smaps);

}  // namespace orch::nodeagent

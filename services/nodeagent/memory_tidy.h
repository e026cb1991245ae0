// Keeps the memory of an idle agent small. Any thread. A program notices nothing but the time of a few page faults.
#pragma once

#include <link.h>

#include <cstddef>

namespace orch::nodeagent {

// Returns free heap to the system, and unmaps pages of files that are not in use: the kernel maps sixteen pages for
// each page that is touched at the start, and most of the code runs once.
void TidyMemory();

struct PageRange {
  size_t begin = 0;  // an address
  size_t size = 0;   // bytes
};
// The pages that lie whole in a segment of an object loaded at `base`, if all of them can be read from its file again:
// nothing may write there, not even the loader, whose relocations are in other segments. Else nothing.
PageRange FindCleanPages(const ElfW(Phdr) & segment, size_t base, size_t page_size);

}  // namespace orch::nodeagent

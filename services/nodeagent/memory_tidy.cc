#include "services/nodeagent/memory_tidy.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace orch::nodeagent {
namespace {

// The kernel's own object has a name without a path, and the program itself has none.
bool IsOfAFile(const dl_phdr_info& object) { return object.dlpi_name[0] == '\0' || object.dlpi_name[0] == '/'; }

// Called for each object that is loaded, while the loader can neither load nor unload one.
int LetGoOfPages(dl_phdr_info* object, size_t, void*) {
  if (!IsOfAFile(*object)) return 0;
  const auto page_size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  for (size_t i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    const PageRange range = FindCleanPages(segment, object->dlpi_addr, page_size);
    if (range.size == 0) continue;
    void* const begin = reinterpret_cast<void*>(range.begin);  // NOLINT(performance-no-int-to-ptr): from the loader
    madvise(begin, range.size, MADV_DONTNEED);
  }
  return 0;
}

}  // namespace

PageRange FindCleanPages(const ElfW(Phdr) & segment, size_t base, size_t page_size) {
  if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) return {};
  const size_t begin = (base + segment.p_vaddr + page_size - 1) / page_size * page_size;
  const size_t end = (base + segment.p_vaddr + segment.p_filesz) / page_size * page_size;
  return begin < end ? PageRange{begin, end - begin} : PageRange{};
}

void TidyMemory() {
  malloc_trim(0);
  dl_iterate_phdr(LetGoOfPages, nullptr);
}

}  // namespace orch::nodeagent

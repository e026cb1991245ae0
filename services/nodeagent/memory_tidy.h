// Keeps the memory of an idle agent small. Any thread. A program notices nothing but the time of a few page faults.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace orch::nodeagent {

// Returns free heap to the system, and unmaps pages of code that are not in use: the kernel maps sixteen pages for each
// page that is touched at the start, and most of gRPC's code runs once.
void TidyMemory();

struct CodeRange {
  size_t begin = 0;
  size_t end = 0;
};
// Returns true if a line of /proc/self/maps describes code of a file that is never written: readable, executable,
// private. Relocated data must keep its pages.
bool ParseCodeRange(absl::string_view maps_line, CodeRange* range);

}  // namespace orch::nodeagent

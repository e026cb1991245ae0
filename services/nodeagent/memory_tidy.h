// Keeps an idle agent small. Any thread; does nothing a program can notice but the time of a few
// page faults.
#pragma once

#include <cstddef>

#include "absl/strings/string_view.h"

namespace orch::nodeagent {

// Gives free heap back, and lets go of code that was mapped around what really ran: at start the
// kernel maps sixteen pages for each one touched, and most of gRPC's code runs once.
void TidyMemory();

struct CodeRange {
  size_t begin = 0;
  size_t end = 0;
};
// True when a line of /proc/self/maps is code of a file that is never written: readable,
// executable, private. Relocated data is not, and must keep its pages.
bool ParseCodeRange(absl::string_view maps_line, CodeRange* range);

}  // namespace orch::nodeagent

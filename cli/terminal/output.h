// The interface through which all text leaves the program. Owned by main or a test; used by one thread.
#pragma once

#include "absl/strings/string_view.h"

namespace orch::cli {

class Output {
 public:
  virtual ~Output() = default;
  virtual void Write(absl::string_view text) = 0;
  // What was written goes on its way, without waiting for a reader that takes its time.
  virtual void Push() { Flush(); }
  // Waits until all of it is there. False when text was lost (full disk, closed descriptor). Stays false.
  virtual bool Flush() = 0;
};

}  // namespace orch::cli

// The interface through which all text leaves the program. Owned by main or a test; used by one
// thread.
#pragma once

#include "absl/strings/string_view.h"

namespace orch::cli {

class Output {
 public:
  virtual ~Output() = default;
  // Appends `text`, which may be buffered.
  virtual void Write(absl::string_view text) = 0;
  // Starts to pass on what was written, without waiting for a slow reader.
  virtual void Push() { Flush(); }
  // Waits until everything is written. Returns false, from then on always, if text was lost (full
  // disk, closed descriptor).
  virtual bool Flush() = 0;
};

}  // namespace orch::cli

// Writes entries to systemd's journal. Thread-safe; keeps no state.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch {

// Sends one entry with the priority "notice" under the identifier `program`. Unavailable if there is no journal or the
// journal does not take the entry. May block for as long as the journal does not read.
absl::Status SendToJournal(absl::string_view program, absl::string_view message);

}  // namespace orch

// Changes lines of a credentials file on the disk and leaves all others, comments included, as they are. The file is
// replaced as a whole, keeps its owner and mode, and is only replaced by one that parses. Thread-safe; keeps no state.
// Errors name the file and what to do, and never a key.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/key.h"

namespace orch::auth {

// Puts the key of this peer in the place of those that the file holds for the name. Makes the file (mode 0600) if there
// is none.
absl::Status PutPeerKey(const std::string& path, PeerKind kind, absl::string_view name, const Key& key);

// Adds a PSK for that kind above the others, so that new keys come from it. AlreadyExists if the key id is taken.
absl::Status AddPsk(const std::string& path, PeerKind kind, const Key& key);
// Removes a PSK for that kind; one for both kinds stays for the other. NotFound, or FailedPrecondition if it is the
// only one for that kind.
absl::Status RemovePsk(const std::string& path, PeerKind kind, absl::string_view key_id);

// Raises the lowest generation of a name by one and returns it.
absl::StatusOr<uint32_t> RaiseGeneration(const std::string& path, PeerKind kind, absl::string_view name);

}  // namespace orch::auth

// A credentials file (mode 0600), as peers and the hub hold it. Its lines are
//   node-psk KEY_ID 64HEX            a pre-shared key (32 random bytes) from which nodes' keys are derived
//   client-psk KEY_ID 64HEX          the same for clients' keys
//   psk KEY_ID 64HEX                 the same for both
//   node KEY_ID IDENTITY 64HEX       only that node's key
//   client KEY_ID NAME 64HEX         only that client's key
//   oidc KEY_ID NAME 64HEX           the key of somebody who has logged in (orchctl login)
//   banned node|client|oidc NAME     a peer that the hub refuses whatever key it holds
//   generation node|client NAME N    the hub refuses derived keys of that name with a lower generation
// and comments (#). After the key of a node or client may follow generation=N and expires=2027-01-03T12:00:00Z; these
// words tell what the key was derived with, so changing them makes the key wrong. The hub needs PSKs. It derives new
// keys from the first one of each kind and accepts all of them, so that keys rotate without an outage. The file of a
// peer holds its derived key or, less safely, a whole PSK. Plain values; functions read files.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/key.h"
#include "base/random.h"

namespace orch::auth {

inline constexpr size_t kMaxCredentialsFileBytes = 64u << 10;

// The contents of a credentials file. Load and Parse return InvalidArgument with file and line, never with the key, and
// PermissionDenied if others than the owner may read the file.
struct CredentialsFile {
  struct Derived {
    PeerKind kind;
    std::string name;
    Key key;
  };
  struct Psk {
    Key key;
    bool node = false;    // derives keys of nodes
    bool client = false;  // derives keys of clients
    // Keys for logging in, and of those who have logged in, come from the PSKs for clients.
    bool Is(PeerKind kind) const { return kind == PeerKind::kNode ? node : kind != PeerKind::kToken && client; }
  };
  struct Generation {
    PeerKind kind;
    std::string name;
    uint32_t lowest = 0;  // that is accepted
  };
  std::vector<Psk> psks;  // in file order
  std::vector<Derived> derived;
  std::vector<std::pair<PeerKind, std::string>> banned;
  std::vector<Generation> generations;

  static absl::StatusOr<CredentialsFile> Load(const std::string& path);
  static absl::StatusOr<CredentialsFile> Parse(absl::string_view text, absl::string_view file_name);
};

// The key with which a node or client proves itself.
struct PeerKey {
  Key key;
  bool from_psk = false;  // derived from a whole PSK in the file, which fits every peer of its kind
};
// Returns the key of that name if the file holds one, else a key derived from the first PSK for that kind.
// FailedPrecondition if the file holds neither.
absl::StatusOr<PeerKey> LoadPeerKey(const std::string& path, PeerKind kind, absl::string_view name);

// Writes the credentials file of a hub (mode 0600) with two new random PSKs, one for nodes and one for clients.
// AlreadyExists if the file exists.
absl::Status WriteNewCredentials(const std::string& path, Random* random);
// Returns the line for the credentials file of a peer: "node KEY_ID NAME 64HEX", then the terms if there are any.
std::string DerivedKeyLine(PeerKind kind, absl::string_view name, const Key& key);

}  // namespace orch::auth

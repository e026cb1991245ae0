// The keys of peers, as credentials files hold them. A credentials file (mode 0600) has lines
//   node-psk KEY_ID 64HEX            a pre-shared key (32 random bytes) from which nodes' keys are derived
//   client-psk KEY_ID 64HEX          the same for clients' keys
//   psk KEY_ID 64HEX                 the same for both
//   node KEY_ID IDENTITY 64HEX       only that node's derived key
//   client KEY_ID NAME 64HEX         only that client's derived key
//   banned node|client NAME          a peer that the hub refuses whatever key it holds
// and comments (#). The hub needs PSKs. It derives new keys from the first one of each kind and accepts all of them, so
// that keys rotate without an outage. The file of a peer holds its derived key or, less safely, a whole PSK.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/mutex.h"
#include "base/random.h"

namespace orch::auth {

enum class PeerKind { kNode, kClient };
absl::string_view PeerKindName(PeerKind kind);  // "node", "client"

inline constexpr size_t kKeyBytes = 32;
inline constexpr size_t kMaxCredentialsFileBytes = 64u << 10;

// A key and the id of its PSK. It is never printed, and its destructor wipes the bytes.
struct Key {
  std::string id;
  std::string bytes;  // 32

  Key() = default;
  Key(std::string id, std::string bytes) : id(std::move(id)), bytes(std::move(bytes)) {}
  Key(const Key&) = default;
  Key(Key&&) = default;
  Key& operator=(const Key& other);
  Key& operator=(Key&& other) noexcept;
  ~Key();
};

// Overwrites the bytes of the text in memory.
void Wipe(std::string* text);

// Returns the derived key of a peer, HKDF-SHA256(psk, info = kind ‖ 0x00 ‖ name), which signs its envelopes.
std::string DeriveKey(absl::string_view psk, PeerKind kind, absl::string_view name);
// Returns the key of its TLS handshakes, HMAC-SHA256(derived key, "orch-tls-psk-v1"), which signs nothing.
std::string TlsKey(absl::string_view derived_key);

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
    bool Is(PeerKind kind) const { return kind == PeerKind::kNode ? node : client; }
  };
  std::vector<Psk> psks;  // in file order
  std::vector<Derived> derived;
  std::vector<std::pair<PeerKind, std::string>> banned;

  static absl::StatusOr<CredentialsFile> Load(const std::string& path);
  static absl::StatusOr<CredentialsFile> Parse(absl::string_view text, absl::string_view file_name);
};

// The key with which a node or client proves itself.
struct PeerKey {
  Key key;
  bool from_psk = false;  // derived from a whole PSK in the file, which fits every peer of its kind
};
// Returns the derived key of that name if the file holds one, else a key derived from the first PSK for that kind.
// FailedPrecondition if the file holds neither.
absl::StatusOr<PeerKey> LoadPeerKey(const std::string& path, PeerKind kind, absl::string_view name);

// Writes the credentials file of a hub (mode 0600) with two new random PSKs, one for nodes and one for clients.
// AlreadyExists if the file exists.
absl::Status WriteNewCredentials(const std::string& path, Random* random);
// Returns the line for the credentials file of a peer: "node KEY_ID NAME 64HEX".
std::string DerivedKeyLine(PeerKind kind, absl::string_view name, const Key& key);

// The hub's PSKs and a cache of at most kMaxCachedKeys derived keys. main owns it. Thread-safe.
class Keyring {
 public:
  static constexpr size_t kMaxCachedKeys = 65'536;

  static absl::StatusOr<std::unique_ptr<Keyring>> Load(const std::string& path);

  // Reads the file again if it has changed. After an error the old keys stay in force. `*changed` tells whether new
  // keys are in force.
  absl::Status ReloadIfChanged(bool* changed);

  // NotFound if the key id is unknown or belongs to the other kind of peers.
  absl::StatusOr<std::string> DerivedKey(absl::string_view key_id, PeerKind kind, absl::string_view name) const;
  // Derives a key from the first PSK for that kind. FailedPrecondition if there is none.
  absl::StatusOr<Key> NewKey(PeerKind kind, absl::string_view name) const;
  bool IsBanned(PeerKind kind, absl::string_view name) const;
  std::vector<std::string> key_ids() const;  // in file order

 private:
  explicit Keyring(std::string path) : path_(std::move(path)) {}
  // Returns the derived key, and caches it.
  std::string Derive(const CredentialsFile::Psk& psk, PeerKind kind, absl::string_view name) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string path_;
  mutable Mutex mu_;
  std::vector<CredentialsFile::Psk> psks_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<std::string> banned_ ABSL_GUARDED_BY(mu_);  // "node/NAME"
  std::string stamp_ ABSL_GUARDED_BY(mu_);                        // identifies the file's version
  mutable absl::flat_hash_map<std::string, Key> cache_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::auth

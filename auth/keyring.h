// Who holds which key. A credentials file (mode 0600) holds lines
//   node-psk KEY_ID 64HEX            a pre-shared key (32 random bytes) from which nodes' keys are derived
//   client-psk KEY_ID 64HEX          the same for clients' keys
//   psk KEY_ID 64HEX                 one for both
//   node KEY_ID IDENTITY 64HEX       only that node's derived key
//   client KEY_ID NAME 64HEX         only that client's derived key
//   banned node|client NAME          refused whatever it shows; read by the hub
// and comments (#). The hub needs PSKs; of each kind the first is what new keys are derived from, all are accepted, so
// that keys rotate without an outage. A peer's own file holds its derived key or, if it must, a whole PSK.
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

// A key and the id of the PSK it comes from. Never printed; its bytes are wiped when it goes.
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

// Overwrites the text's bytes in memory.
void Wipe(std::string* text);

// HKDF-SHA256(psk, info = kind ‖ 0x00 ‖ name): the peer's derived key, which signs its envelopes.
std::string DeriveKey(absl::string_view psk, PeerKind kind, absl::string_view name);
// HMAC-SHA256(derived key, "orch-tls-psk-v1"): the key of its TLS handshakes, which signs nothing.
std::string TlsKey(absl::string_view derived_key);

// What a credentials file says. InvalidArgument names file and line, never the key;
// PermissionDenied when others than its owner may read it.
struct CredentialsFile {
  struct Derived {
    PeerKind kind;
    std::string name;
    Key key;
  };
  struct Psk {
    Key key;
    bool node = false;    // keys of nodes are derived from it
    bool client = false;  // keys of clients are
    bool Is(PeerKind kind) const { return kind == PeerKind::kNode ? node : client; }
  };
  std::vector<Psk> psks;  // in file order
  std::vector<Derived> derived;
  std::vector<std::pair<PeerKind, std::string>> banned;

  static absl::StatusOr<CredentialsFile> Load(const std::string& path);
  static absl::StatusOr<CredentialsFile> Parse(absl::string_view text, absl::string_view file_name);
};

// The key a node or client proves itself with.
struct PeerKey {
  Key key;
  bool from_psk = false;  // derived here from a whole PSK, which fits every peer of its kind
};
// A derived key of its name if the file holds one, else one derived from the first PSK for that kind.
// FailedPrecondition when the file holds neither.
absl::StatusOr<PeerKey> LoadPeerKey(const std::string& path, PeerKind kind, absl::string_view name);

// Writes a hub's credentials file with two new random PSKs, one for nodes and one for clients, mode 0600;
// AlreadyExists rather than overwriting.
absl::Status WriteNewCredentials(const std::string& path, Random* random);
// The line of a peer's own credentials file: "node KEY_ID NAME 64HEX".
std::string DerivedKeyLine(PeerKind kind, absl::string_view name, const Key& key);

// The hub's PSKs. Thread-safe. Derived keys are cached (at most kMaxCachedKeys).
class Keyring {
 public:
  static constexpr size_t kMaxCachedKeys = 65'536;

  static absl::StatusOr<std::unique_ptr<Keyring>> Load(const std::string& path);

  // Re-reads the file when it changed (size, times, inode). On error the old keys stay in force and
  // the error is returned. `*changed` tells whether new keys are in force.
  absl::Status ReloadIfChanged(bool* changed);

  // NotFound for a key id that is unknown, or not for peers of this kind.
  absl::StatusOr<std::string> DerivedKey(absl::string_view key_id, PeerKind kind, absl::string_view name) const;
  // The same from the first PSK for that kind. FailedPrecondition when there is none.
  absl::StatusOr<Key> NewKey(PeerKind kind, absl::string_view name) const;
  bool IsBanned(PeerKind kind, absl::string_view name) const;
  std::vector<std::string> key_ids() const;  // in file order

 private:
  explicit Keyring(std::string path) : path_(std::move(path)) {}
  // The derived key of the PSK, kept for the next time.
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

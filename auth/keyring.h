// Who holds which key. A credentials file (mode 0600) holds lines
//   psk KEY_ID 64HEX                 a pre-shared key: 32 random bytes
//   node KEY_ID IDENTITY 64HEX       only that node's derived key
//   client KEY_ID NAME 64HEX         only that client's derived key
// and comments (#). The hub needs PSKs; the first one is what new things are made with, all
// verify, so that keys rotate without an outage. A node or a client works with either kind.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
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

// A key and the id of the PSK it comes from. Never printed.
struct Key {
  std::string id;
  std::string bytes;  // 32
};

// HKDF-SHA256(psk, info = kind ‖ 0x00 ‖ name).
std::string DeriveKey(absl::string_view psk, PeerKind kind, absl::string_view name);

// What a credentials file says. InvalidArgument names file and line, never the key;
// PermissionDenied when others than its owner may read it.
struct CredentialsFile {
  struct Derived {
    PeerKind kind;
    std::string name;
    Key key;
  };
  std::vector<Key> psks;  // in file order
  std::vector<Derived> derived;

  static absl::StatusOr<CredentialsFile> Load(const std::string& path);
  static absl::StatusOr<CredentialsFile> Parse(absl::string_view text, absl::string_view file_name);
};

// The key this node or client authenticates with: a derived key of its name if the file holds
// one, else derived from the first PSK. FailedPrecondition when the file holds neither.
absl::StatusOr<Key> LoadPeerKey(const std::string& path, PeerKind kind, absl::string_view name);

// Writes a credentials file with one new random PSK named `key_id`, mode 0600; AlreadyExists
// rather than overwriting.
absl::Status WriteNewCredentials(const std::string& path, absl::string_view key_id, Random* random);

// The hub's PSKs. Thread-safe. Derived keys are cached (at most kMaxCachedKeys).
class Keyring {
 public:
  static constexpr size_t kMaxCachedKeys = 65'536;

  static absl::StatusOr<std::unique_ptr<Keyring>> Load(const std::string& path);

  // Re-reads the file when it changed (size, times, inode). On error the old keys stay in force and
  // the error is returned. `*changed` tells whether new keys are in force.
  absl::Status ReloadIfChanged(bool* changed);

  // NotFound for an unknown key id.
  absl::StatusOr<std::string> DerivedKey(absl::string_view key_id, PeerKind kind, absl::string_view name) const;
  std::vector<std::string> key_ids() const;  // the signing one first

 private:
  explicit Keyring(std::string path) : path_(std::move(path)) {}

  const std::string path_;
  mutable Mutex mu_;
  std::vector<Key> psks_ ABSL_GUARDED_BY(mu_);
  std::string stamp_ ABSL_GUARDED_BY(mu_);  // identifies the file's version
  mutable absl::flat_hash_map<std::string, std::string> cache_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::auth

// The hub's PSKs as its credentials file holds them (auth/credentials_file.h), a cache of at most kMaxCachedKeys
// derived keys, and, behind a KeySource, what the hub itself has stored of keys, tokens and bans. main owns it.
// Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/credentials_file.h"
#include "auth/key.h"
#include "auth/key_source.h"
#include "base/mutex.h"

namespace orch::auth {

class Keyring {
 public:
  static constexpr size_t kMaxCachedKeys = 65'536;

  static absl::StatusOr<std::unique_ptr<Keyring>> Load(const std::string& path);

  // Where stored keys, tokens and bans are looked up from now on. Called before the first peer may come; the source
  // must outlive the keyring.
  void SetSource(const KeySource* source) { source_ = source; }

  // Reads the file again if it has changed. After an error the old keys stay in force. `*changed` tells whether new
  // keys are in force.
  absl::Status ReloadIfChanged(bool* changed);

  // The key of a peer: the one the hub has stored for it, else one derived from a PSK. NotFound: the key id is unknown,
  // belongs to the other kind of peers, or the token does not count. FailedPrecondition: the key was replaced by a
  // newer one. Unavailable: the key waits for approval. Does not look at the time. RefusalOfKey names these reasons.
  absl::StatusOr<std::string> DerivedKey(absl::string_view key_id, PeerKind kind, absl::string_view name,
                                         const KeyTerms& terms = {}) const;
  // Derives a key of the present generation from the first PSK for that kind. FailedPrecondition if there is none.
  absl::StatusOr<Key> NewKey(PeerKind kind, absl::string_view name, int64_t expires_s = 0) const;
  // The same with a generation that the caller keeps.
  absl::StatusOr<Key> NewKey(PeerKind kind, absl::string_view name, const KeyTerms& terms) const;
  bool IsBanned(PeerKind kind, absl::string_view name) const;
  // NotFound: nobody of that name has logged in, or the login was ended.
  absl::StatusOr<KeySource::Login> FindLogin(absl::string_view name) const;

  struct PskUse {
    std::string id;
    bool node = false;
    bool client = false;
  };
  std::vector<PskUse> psks() const;          // in file order
  std::vector<std::string> key_ids() const;  // in file order
  std::vector<std::string> banned() const;   // in the file: "node/NAME", sorted
  const std::string& path() const { return path_; }

 private:
  explicit Keyring(std::string path) : path_(std::move(path)) {}
  // Returns the derived key, and caches it.
  std::string Derive(const CredentialsFile::Psk& psk, PeerKind kind, absl::string_view name,
                     const KeyTerms& terms) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  uint32_t LowestGeneration(PeerKind kind, absl::string_view name) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The key that the source has stored; empty if a PSK decides.
  absl::StatusOr<std::string> StoredKey(absl::string_view key_id, PeerKind kind, absl::string_view name,
                                        const KeyTerms& terms) const;

  const std::string path_;
  const KeySource* source_ = nullptr;
  mutable Mutex mu_;
  std::vector<CredentialsFile::Psk> psks_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<std::string> banned_ ABSL_GUARDED_BY(mu_);            // "node/NAME"
  absl::flat_hash_map<std::string, uint32_t> lowest_ ABSL_GUARDED_BY(mu_);  // generation by "node/NAME"
  std::string stamp_ ABSL_GUARDED_BY(mu_);                                  // identifies the file's version
  mutable absl::flat_hash_map<std::string, Key> cache_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::auth

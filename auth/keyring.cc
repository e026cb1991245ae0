#include "auth/keyring.h"

#include <openssl/crypto.h>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/file_stamp.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

absl::StatusOr<CredentialsFile> LoadHubFile(const std::string& path) {
  ORCH_ASSIGN_OR_RETURN(CredentialsFile file, CredentialsFile::Load(path));
  if (!file.psks.empty()) return file;
  return absl::FailedPreconditionError(
      absl::StrCat("credentials file ", path,
                   " holds no pre-shared key; a hub needs node-psk and client-psk lines: 'orch-hub init' makes them"));
}

std::string NameOf(PeerKind kind, absl::string_view name) { return absl::StrCat(PeerKindName(kind), "/", name); }

}  // namespace

void Wipe(std::string* text) { OPENSSL_cleanse(text->data(), text->size()); }

Key::~Key() { Wipe(&bytes); }

Key& Key::operator=(const Key& other) {
  if (this == &other) return *this;
  Wipe(&bytes);
  id = other.id;
  bytes = other.bytes;
  return *this;
}

Key& Key::operator=(Key&& other) noexcept {
  if (this == &other) return *this;
  Wipe(&bytes);
  id = std::move(other.id);
  bytes = std::move(other.bytes);
  return *this;
}

std::string DeriveKey(absl::string_view psk, PeerKind kind, absl::string_view name) {
  return HkdfSha256(psk, absl::StrCat(PeerKindName(kind), absl::string_view("\0", 1), name), kKeyBytes);
}

std::string TlsKey(absl::string_view derived_key) { return HmacSha256(derived_key, "orch-tls-psk-v1"); }

absl::StatusOr<std::unique_ptr<Keyring>> Keyring::Load(const std::string& path) {
  auto keyring = std::unique_ptr<Keyring>(new Keyring(path));
  bool changed;
  ORCH_RETURN_IF_ERROR(keyring->ReloadIfChanged(&changed));
  return keyring;
}

absl::Status Keyring::ReloadIfChanged(bool* changed) {
  *changed = false;
  // Taken before reading, so that the next call sees a write in between.
  std::string stamp = FileStamp(path_);
  {
    MutexLock lock(&mu_);
    if (stamp == stamp_) return absl::OkStatus();
  }
  // An error leaves the stamp unchanged, so that it is reported until the file is corrected.
  ORCH_ASSIGN_OR_RETURN(CredentialsFile file, LoadHubFile(path_));
  MutexLock lock(&mu_);
  stamp_ = std::move(stamp);
  psks_ = std::move(file.psks);
  banned_.clear();
  for (const auto& [kind, name] : file.banned) banned_.insert(NameOf(kind, name));
  cache_.clear();
  *changed = true;
  return absl::OkStatus();
}

std::string Keyring::Derive(const CredentialsFile::Psk& psk, PeerKind kind, absl::string_view name) const {
  const std::string cache_key = absl::StrCat(NameOf(kind, name), "/", psk.key.id);
  if (const auto cached = cache_.find(cache_key); cached != cache_.end()) return cached->second.bytes;
  std::string derived = DeriveKey(psk.key.bytes, kind, name);
  if (cache_.size() >= kMaxCachedKeys) cache_.clear();  // names nobody holds a key for fill it too
  cache_.emplace(cache_key, Key(psk.key.id, derived));
  return derived;
}

absl::StatusOr<std::string> Keyring::DerivedKey(absl::string_view key_id, PeerKind kind, absl::string_view name) const {
  MutexLock lock(&mu_);
  for (const CredentialsFile::Psk& psk : psks_) {
    if (psk.key.id == key_id && psk.Is(kind)) return Derive(psk, kind, name);
  }
  return absl::NotFoundError(
      absl::StrCat("key id '", key_id, "' is not in ", path_, " for keys of a ", PeerKindName(kind)));
}

absl::StatusOr<Key> Keyring::NewKey(PeerKind kind, absl::string_view name) const {
  MutexLock lock(&mu_);
  for (const CredentialsFile::Psk& psk : psks_) {
    if (psk.Is(kind)) return Key(psk.key.id, Derive(psk, kind, name));
  }
  return absl::FailedPreconditionError(absl::StrCat("credentials file ", path_, " holds no ", PeerKindName(kind),
                                                    "-psk line to derive the key of a ", PeerKindName(kind),
                                                    " from; add one: ", PeerKindName(kind), "-psk KEY_ID 64HEX"));
}

bool Keyring::IsBanned(PeerKind kind, absl::string_view name) const {
  MutexLock lock(&mu_);
  return banned_.contains(NameOf(kind, name));
}

std::vector<std::string> Keyring::key_ids() const {
  MutexLock lock(&mu_);
  std::vector<std::string> ids;
  for (const CredentialsFile::Psk& psk : psks_) ids.push_back(psk.key.id);
  return ids;
}

}  // namespace orch::auth

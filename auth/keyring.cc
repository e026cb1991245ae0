#include "auth/keyring.h"

#include <sys/stat.h>

#include <cerrno>

#include "absl/strings/str_cat.h"
#include "base/digest.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

// Differs whenever the file was written, replaced or its mode changed.
absl::StatusOr<std::string> StampOf(const std::string& path) {
  struct stat found;
  if (stat(path.c_str(), &found) != 0) return ErrnoStatus(errno, absl::StrCat("cannot open credentials file ", path));
  return absl::StrCat(found.st_dev, ":", found.st_ino, ":", found.st_size, ":", found.st_mtim.tv_sec, ".",
                      found.st_mtim.tv_nsec, ":", found.st_ctim.tv_sec, ".", found.st_ctim.tv_nsec);
}

absl::StatusOr<std::vector<Key>> LoadPsks(const std::string& path) {
  ORCH_ASSIGN_OR_RETURN(CredentialsFile file, CredentialsFile::Load(path));
  if (file.psks.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "credentials file ", path, " holds no psk; a hub needs one: add 'psk KEY_ID 64HEX' (openssl rand -hex 32)"));
  }
  return std::move(file.psks);
}

}  // namespace

std::string DeriveKey(absl::string_view psk, PeerKind kind, absl::string_view name) {
  return HkdfSha256(psk, absl::StrCat(PeerKindName(kind), absl::string_view("\0", 1), name), kKeyBytes);
}

absl::StatusOr<std::unique_ptr<Keyring>> Keyring::Load(const std::string& path) {
  auto keyring = std::unique_ptr<Keyring>(new Keyring(path));
  bool changed;
  ORCH_RETURN_IF_ERROR(keyring->ReloadIfChanged(&changed));
  return keyring;
}

absl::Status Keyring::ReloadIfChanged(bool* changed) {
  *changed = false;
  // Taken before reading: a write that comes between is seen by the next call.
  ORCH_ASSIGN_OR_RETURN(std::string stamp, StampOf(path_));
  {
    MutexLock lock(&mu_);
    if (stamp == stamp_) return absl::OkStatus();
  }
  // On error the stamp stays, so that the error is reported until the file is mended.
  ORCH_ASSIGN_OR_RETURN(std::vector<Key> psks, LoadPsks(path_));
  MutexLock lock(&mu_);
  stamp_ = std::move(stamp);
  psks_ = std::move(psks);
  cache_.clear();
  *changed = true;
  return absl::OkStatus();
}

absl::StatusOr<std::string> Keyring::DerivedKey(absl::string_view key_id, PeerKind kind, absl::string_view name) const {
  const std::string cache_key = absl::StrCat(PeerKindName(kind), "/", key_id, "/", name);
  std::string psk;
  {
    MutexLock lock(&mu_);
    if (const auto cached = cache_.find(cache_key); cached != cache_.end()) return cached->second;
    for (const Key& known : psks_) {
      if (known.id == key_id) psk = known.bytes;
    }
  }
  if (psk.empty()) return absl::NotFoundError(absl::StrCat("key id '", key_id, "' is not in ", path_));
  std::string derived = DeriveKey(psk, kind, name);
  MutexLock lock(&mu_);
  // The keys may have been replaced meanwhile: then this one is not kept.
  for (const Key& known : psks_) {
    if (known.id != key_id || known.bytes != psk) continue;
    if (cache_.size() >= kMaxCachedKeys) cache_.clear();  // names nobody holds a key for fill it too
    cache_.emplace(cache_key, derived);
  }
  return derived;
}

std::vector<std::string> Keyring::key_ids() const {
  MutexLock lock(&mu_);
  std::vector<std::string> ids;
  for (const Key& psk : psks_) ids.push_back(psk.id);
  return ids;
}

}  // namespace orch::auth

#include "auth/keyring.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
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
  lowest_.clear();
  for (const auto& [kind, name, lowest] : file.generations) lowest_[NameOf(kind, name)] = lowest;
  cache_.clear();
  *changed = true;
  return absl::OkStatus();
}

std::string Keyring::Derive(const CredentialsFile::Psk& psk, PeerKind kind, absl::string_view name,
                            const KeyTerms& terms) const {
  const std::string cache_key = absl::StrCat(NameOf(kind, name), "/", psk.key.id, TermsText(terms));
  if (const auto cached = cache_.find(cache_key); cached != cache_.end()) return cached->second.bytes;
  std::string derived = DeriveKey(psk.key.bytes, kind, name, terms);
  if (cache_.size() >= kMaxCachedKeys) cache_.clear();  // names nobody holds a key for fill it too
  cache_.emplace(cache_key, Key(psk.key.id, derived));
  return derived;
}

uint32_t Keyring::LowestGeneration(PeerKind kind, absl::string_view name) const {
  const auto found = lowest_.find(NameOf(kind, name));
  return found == lowest_.end() ? 0 : found->second;
}

absl::StatusOr<std::string> Keyring::StoredKey(absl::string_view key_id, PeerKind kind, absl::string_view name,
                                               const KeyTerms& terms) const {
  std::string bytes;
  if (kind == PeerKind::kToken) {
    if (source_ != nullptr) bytes = source_->FindToken(name);
    if (!bytes.empty()) return bytes;
    return absl::NotFoundError(absl::StrCat("token ", name, " is unknown, revoked or past its time"));
  }
  if (kind == PeerKind::kOidc) {
    ORCH_ASSIGN_OR_RETURN(const KeySource::Login login, FindLogin(name));
    if (terms.generation >= login.lowest_generation) return bytes;
    return absl::FailedPreconditionError("this login was ended; log in again");
  }
  if (source_ == nullptr || kind != PeerKind::kNode) return bytes;
  switch (source_->FindNodeKey(name, key_id, &bytes)) {
    case KeySource::NodeKey::kNone:
    case KeySource::NodeKey::kAdmitted:
      break;
    case KeySource::NodeKey::kWaiting:
      return absl::UnavailableError(absl::StrCat("key ", key_id));
    case KeySource::NodeKey::kOther:
      return absl::FailedPreconditionError(
          absl::StrCat("the node has enrolled with a key of its own, and ", key_id, " is another one"));
  }
  return bytes;
}

absl::StatusOr<std::string> Keyring::DerivedKey(absl::string_view key_id, PeerKind kind, absl::string_view name,
                                                const KeyTerms& terms) const {
  ORCH_ASSIGN_OR_RETURN(std::string stored, StoredKey(key_id, kind, name, terms));
  if (!stored.empty()) return stored;
  MutexLock lock(&mu_);
  if (const uint32_t lowest = LowestGeneration(kind, name); terms.generation < lowest) {
    return absl::FailedPreconditionError(
        absl::StrCat("it is of generation ", terms.generation, ", and the hub takes ", lowest, " and later ones"));
  }
  for (const CredentialsFile::Psk& psk : psks_) {
    if (psk.key.id == key_id && psk.Is(kind)) return Derive(psk, kind, name, terms);
  }
  return absl::NotFoundError(
      absl::StrCat("key id '", key_id, "' is not in ", path_, " for keys of a ", PeerKindName(kind)));
}

absl::StatusOr<Key> Keyring::NewKey(PeerKind kind, absl::string_view name, int64_t expires_s) const {
  KeyTerms terms{0, expires_s};
  {
    MutexLock lock(&mu_);
    terms.generation = LowestGeneration(kind, name);
  }
  return NewKey(kind, name, terms);
}

absl::StatusOr<Key> Keyring::NewKey(PeerKind kind, absl::string_view name, const KeyTerms& terms) const {
  MutexLock lock(&mu_);
  for (const CredentialsFile::Psk& psk : psks_) {
    if (psk.Is(kind)) return Key(psk.key.id, Derive(psk, kind, name, terms), terms);
  }
  const absl::string_view of = kind == PeerKind::kNode ? "node" : "client";
  return absl::FailedPreconditionError(absl::StrCat("credentials file ", path_, " holds no ", of,
                                                    "-psk line to derive the key of a ", of, " from; add one: ", of,
                                                    "-psk KEY_ID 64HEX"));
}

bool Keyring::IsBanned(PeerKind kind, absl::string_view name) const {
  if (source_ != nullptr && source_->IsBanned(kind, name)) return true;
  MutexLock lock(&mu_);
  return banned_.contains(NameOf(kind, name));
}

absl::StatusOr<KeySource::Login> Keyring::FindLogin(absl::string_view name) const {
  KeySource::Login login;
  if (source_ != nullptr && source_->FindLogin(name, &login)) return login;
  return absl::NotFoundError(absl::StrCat("nobody is logged in as '", name, "' at this hub"));
}

std::vector<Keyring::PskUse> Keyring::psks() const {
  MutexLock lock(&mu_);
  std::vector<PskUse> all;
  for (const CredentialsFile::Psk& psk : psks_) all.push_back({psk.key.id, psk.node, psk.client});
  return all;
}

std::vector<std::string> Keyring::key_ids() const {
  std::vector<std::string> ids;
  for (PskUse& psk : psks()) ids.push_back(std::move(psk.id));
  return ids;
}

std::vector<std::string> Keyring::banned() const {
  MutexLock lock(&mu_);
  std::vector<std::string> all(banned_.begin(), banned_.end());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace orch::auth

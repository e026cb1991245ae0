#include "services/hub/fleet/key_reload.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/log.h"

namespace orch::hub {

void KeyReload::Start() {
  fleet_->SetKeyProblem([this](const NodeSession& session) { return ProblemOf(session); });
  Tick();
}

void KeyReload::Tick() {
  Look();
  loop_->PostAfter(kLookEvery, [this] { Tick(); });
}

void KeyReload::Look() {
  bool keys_changed = false;
  if (const absl::Status status = keyring_->ReloadIfChanged(&keys_changed); status != last_key_error_) {
    last_key_error_ = status;
    if (!status.ok()) {
      LogError("credentials not re-read; the old keys stay in force", {{"reason", std::string(status.message())}});
      if (changed_ != nullptr)
        changed_("credentials", "not read, because the file is faulty; the old keys stay in force");
    }
  }
  bool tls_changed = false;
  if (const absl::Status status = tls_->ReloadIfChanged(&tls_changed); status != last_tls_error_) {
    last_tls_error_ = status;
    if (!status.ok()) {
      LogError("certificates not re-read; the old ones stay in force", {{"reason", std::string(status.message())}});
    }
  }
  if (tls_changed) LogInfo("certificates re-read");
  if (keys_changed) LogInfo("credentials re-read", {{"keys", absl::StrJoin(keyring_->key_ids(), " ")}});
  if (changed_ != nullptr && tls_changed) changed_("certificates", "");
  if (changed_ != nullptr && keys_changed) {
    changed_("credentials", absl::StrCat("keys in force: ", absl::StrJoin(keyring_->key_ids(), " ")));
  }
  if (keys_changed || tls_changed) Recheck();
}

void KeyReload::Recheck() {
  // A node whose key is gone, or whose key id stands for another key now, has lost its standing: it is told so and then
  // cut.
  fleet_->Dismiss([this](const NodeSession& session) { return ProblemOf(session); }, absl::ZeroDuration());
  loop_->PostAfter(kFarewell, [this] { door_->Recheck(); });
}

std::string KeyReload::ProblemOf(const NodeSession& session) const {
  const auto key =
      tls_->KeyOf({auth::PeerKind::kNode, session.identity(), session.key().id, false, session.key().terms});
  if (key.ok() && *key == session.key().bytes) return "";
  const auth::Refusal refusal = auth::RefusalOfKey(key.status());
  if (!key.ok() && refusal != auth::Refusal::kUnknownKey) {
    const bool banned = refusal == auth::Refusal::kBanned;
    return std::string(
        auth::RefusalStatus(refusal, session.identity(), banned ? "" : key.status().message()).message());
  }
  return absl::StrCat("key ", session.key().id, " is no longer in the hub's credentials; give the node the new one");
}

}  // namespace orch::hub

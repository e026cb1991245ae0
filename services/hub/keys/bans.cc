#include "services/hub/keys/bans.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/log.h"

namespace orch::hub {
namespace {

constexpr char kBanKind[] = "ban";

std::string BanId(absl::string_view kind, absl::string_view name) { return absl::StrCat(kind, "/", name); }

}  // namespace

absl::Status Bans::Load(RecordStore* store) {
  return store->Load(kBanKind, [this](const std::string& id, const std::string& bytes) {
    Ban ban;
    if (!ban.ParseFromString(bytes) || BanId(ban.kind(), ban.name()) != id) {
      // The ban counts all the same: its id says whom it is for.
      LogError("a stored ban cannot be read; it stays in force", {{"ban", absl::CHexEscape(id)}});
      absl::string_view name = id;
      ban.Clear();
      const size_t slash = std::min(name.find('/'), name.size());
      ban.set_kind(std::string(name.substr(0, slash)));
      ban.set_name(std::string(name.substr(std::min(slash + 1, name.size()))));
    }
    Set(ban, true);
  });
}

bool Bans::Has(auth::PeerKind kind, absl::string_view name) const {
  return bans_.contains(BanId(auth::PeerKindName(kind), name));
}

void Bans::Record(const Ban& ban, bool banned, RecordChange* change) {
  if (banned) {
    change->puts.push_back({{kBanKind, BanId(ban.kind(), ban.name())}, ban.SerializeAsString()});
  } else {
    change->erases.push_back({kBanKind, BanId(ban.kind(), ban.name())});
  }
}

void Bans::Set(const Ban& ban, bool banned) {
  auth::PeerKind kind;
  if (auth::ParsePeerKind(ban.kind(), &kind)) view_->SetBan(kind, ban.name(), banned);
  if (banned) {
    bans_[BanId(ban.kind(), ban.name())] = ban;
  } else {
    bans_.erase(BanId(ban.kind(), ban.name()));
  }
}

}  // namespace orch::hub

// The peers that administrators have banned, besides those of the credentials file. Owned by the hub; its loop only.
// Changes are part of a RecordChange that the caller commits before Set.
#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "auth/key.h"
#include "orch/v1/access_service.pb.h"
#include "services/hub/job_store/record_store.h"
#include "services/hub/keys/key_view.h"

namespace orch::hub {

class Bans {
 public:
  static constexpr size_t kMaxBans = 10'000;
  using Ban = v1::GetAuthStatusResponse::Ban;

  explicit Bans(KeyView* view) : view_(view) {}

  absl::Status Load(RecordStore* store);
  bool Has(auth::PeerKind kind, absl::string_view name) const;
  size_t size() const { return bans_.size(); }
  static void Record(const Ban& ban, bool banned, RecordChange* change);
  void Set(const Ban& ban, bool banned);
  const std::map<std::string, Ban>& all() const { return bans_; }  // by "KIND/NAME"

 private:
  KeyView* const view_;
  std::map<std::string, Ban> bans_;
};

}  // namespace orch::hub

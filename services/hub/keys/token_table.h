// The tokens with which nodes enrol: of each the hash of its secret, for which nodes it is, until when, and how often
// it was used. A token stays until its end, also when it is used up, because a node whose answer was lost repeats its
// enrolment. Owned by the hub; its loop only. Changes of the table are part of a RecordChange that the caller commits.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/token.h"
#include "base/clock.h"
#include "base/random.h"
#include "orch/v1/access_service.pb.h"
#include "services/hub/job_store/record_store.h"
#include "services/hub/keys/key_view.h"

namespace orch::hub {

class TokenTable {
 public:
  static constexpr size_t kMaxTokens = 10'000;
  static constexpr absl::Duration kMinTtl = absl::Minutes(1);
  static constexpr absl::Duration kMaxTtl = absl::Hours(24 * 30);
  static constexpr absl::Duration kDefaultTtl = absl::Hours(1);
  static constexpr uint32_t kMaxUses = 100'000;
  static constexpr size_t kMaxPatternBytes = 1024;
  static constexpr size_t kMaxLabels = 64;

  TokenTable(const Clock* clock, Random* random, KeyView* view) : clock_(clock), random_(random), view_(view) {}

  // Reads the tokens that a previous hub process has stored. Unreadable ones are logged and left out.
  absl::Status Load(RecordStore* store);

  struct Made {
    v1::Token token;
    std::string hash;
    std::string secret;  // the whole token
  };
  // Makes a token and checks the request. Nothing is in force before Add.
  absl::StatusOr<Made> Make(const v1::CreateTokenRequest& request, const std::string& caller, RecordChange* change);
  void Add(const Made& made);
  // NotFound when there is no such token. In force once Remove is called.
  absl::Status Revoke(const std::string& id, RecordChange* change) const;
  void Remove(const std::string& id);

  // Whether this token may enrol this node now; PermissionDenied, NotFound.
  absl::Status Check(const std::string& id, const std::string& identity) const;
  // Takes one use at once, so that no other node gets it. ResourceExhausted when there is none left. GiveBack undoes it
  // when the commit failed.
  absl::Status TakeUse(const std::string& id);
  // Adds the uses taken so far to a change that is committed at once: a later change must never hold fewer.
  void RecordUses(const std::string& id, RecordChange* change) const;
  void GiveBack(const std::string& id);

  // Removes the tokens whose time is over and adds this to `change`.
  void Expire(RecordChange* change);
  const v1::Token* Find(const std::string& id) const;
  std::vector<v1::Token> List() const;  // the oldest first

 private:
  struct Stored {
    v1::Token token;
    std::string hash;  // 32 bytes
  };
  static std::string BytesOf(const Stored& stored);
  int64_t NowUs() const { return absl::ToUnixMicros(clock_->Now()); }

  const Clock* const clock_;
  Random* const random_;
  KeyView* const view_;
  std::map<std::string, Stored> tokens_;  // by id
};

}  // namespace orch::hub

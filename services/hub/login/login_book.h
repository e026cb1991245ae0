// Who has logged in: the name, the groups that the OpenID provider told, and until when keys of that name hold. A key
// of somebody who is not in the book does not count, so that ending a login ends its keys. Kept in the hub's records;
// the door reads it through the KeyView. Owned by the hub; its loop only.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/lifetime.h"
#include "orch/v1/access_service.pb.h"
#include "services/hub/job_store/record_store.h"
#include "services/hub/keys/key_view.h"

namespace orch::hub {

class LoginBook {
 public:
  static constexpr size_t kMaxLogins = 10'000;
  static constexpr absl::Duration kSweepEvery = absl::Minutes(1);
  // A login that is over is forgotten later: the clock may have been wrong, and its key says itself when it ends.
  static constexpr absl::Duration kKeepEnded = absl::Hours(24);
  using Login = v1::GetAuthStatusResponse::Login;

  // `issuer`: the provider in force; logins by another one do not count. `changed`: connections whose groups or keys no
  // longer hold are to be cut; may be null.
  LoginBook(RecordStore* store, KeyView* view, const Clock* clock, std::string issuer, std::function<void()> changed)
      : store_(store), view_(view), clock_(clock), issuer_(std::move(issuer)), changed_(std::move(changed)) {}

  // Reads what a previous hub process has stored. Blocks.
  absl::Status Load();
  // Enters a login: its groups replace those of an earlier one, and keys of an earlier one hold on. `done` is called
  // once it is stored and in force. ResourceExhausted: the book is full.
  void Enter(Login login, std::function<void(const absl::Status&)> done);
  // Ends the keys of that name, for good, at once.
  void End(const std::string& name);
  // Forgets logins whose keys are all over. Called from a timer.
  void Tick();

  const std::map<std::string, Login>& all() const { return logins_; }
  // Null: nobody of that name is logged in.
  const Login* Find(const std::string& name) const;
  // The generation of the next key of that name.
  uint32_t GenerationOf(const std::string& name) const;

 private:
  void Set(const Login& login);

  RecordStore* const store_;
  KeyView* const view_;
  const Clock* const clock_;
  const std::string issuer_;
  const std::function<void()> changed_;
  std::map<std::string, Login> logins_;
  std::multiset<std::string> entering_;               // names with a change on its way to the disk
  absl::Duration swept_ = -absl::InfiniteDuration();  // Clock::Steady
  Lifetime lifetime_;
};

}  // namespace orch::hub

// Logs users in: begins the device flow at the OpenID provider, waits while the user confirms it in a browser, and then
// gives out a key that lives for hours. Each grant is written to the audit log before the key is given out. The
// provider is asked on a thread that may block, one question after the other. Owned by the hub; its loop only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "auth/audit/audit_sink.h"
#include "auth/keyring.h"
#include "auth/openid/login_identity.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/lifetime.h"
#include "base/token_bucket.h"
#include "orch/v1/access_service.pb.h"
#include "services/hub/login/login_book.h"
#include "services/hub/login/openid_provider.h"

namespace orch::hub {

class LoginDesk {
 public:
  static constexpr size_t kMaxAttempts = 64;       // logins under way
  static constexpr size_t kMaxAttemptsOfHost = 8;  // of one address
  static constexpr double kBeginsASecond = 2;      // each one is a request to the provider
  static constexpr double kBeginBurst = 20;
  static constexpr absl::Duration kSlowDownBy = absl::Seconds(5);  // RFC 8628, section 3.5

  struct Dependencies {
    LoginSettings settings;
    std::shared_ptr<OpenIdProvider> provider;  // null: nobody can log in; used on `blocking` only
    Executor* blocking;
    Executor* loop;
    const auth::Keyring* keyring;
    LoginBook* book;
    auth::AuditSink* audit;  // may be null
    const Clock* clock;
  };
  explicit LoginDesk(Dependencies dependencies)
      : deps_(std::move(dependencies)), begins_(kBeginsASecond, kBeginBurst) {}

  // What the asker is told. `step` is called for the prompt and for the key, `end` once and last.
  struct Asker {
    std::string address;  // where the request comes from, for people
    std::string host;     // the same without its port
    std::function<void(const v1::LoginStep& step)> step;
    std::function<void(const absl::Status& status)> end;
  };
  // Returns the number of the attempt, for Cancel; `end` may have been called already.
  uint64_t Begin(Asker asker);
  // The asker is gone.
  void Cancel(uint64_t attempt) { attempts_.erase(attempt); }
  // The hub stops: every login under way ends.
  void EndAll(const absl::Status& why);

 private:
  struct Attempt {
    Asker asker;
    OpenIdProvider::Device device;
    std::string id_token;  // empty until the user has confirmed
    absl::Duration ends;   // Clock::Steady
    // Ends with the attempt, so that nobody is asked for one that is over.
    std::shared_ptr<const bool> alive = std::make_shared<const bool>(true);
  };
  // Runs `ask` where it may block, and `then` on the loop if the attempt is still under way.
  template <typename T>
  void AskProvider(uint64_t attempt, std::function<absl::StatusOr<T>(OpenIdProvider*)> ask,
                   std::function<void(Attempt*, absl::StatusOr<T>)> then);
  absl::Status CheckRoom(const std::string& host);
  void OnDevice(uint64_t id, Attempt* attempt, absl::StatusOr<OpenIdProvider::Device> device);
  void PollLater(uint64_t id, const Attempt& attempt);
  void Poll(uint64_t id);
  void AskForClaims(uint64_t id, const Attempt& attempt);
  void OnPoll(uint64_t id, Attempt* attempt, const absl::StatusOr<OpenIdProvider::Poll>& poll);
  void OnClaims(uint64_t id, Attempt* attempt, const absl::StatusOr<Json>& claims);
  absl::Status CheckGroup(const auth::LoginIdentity& identity) const;
  void Grant(uint64_t id, const auth::LoginIdentity& identity);
  absl::Status Note(const char* decision, const Attempt& attempt, const std::string& caller, absl::string_view reason,
                    Json details) const;
  // Ends the attempt without a key.
  void Fail(uint64_t id, const absl::Status& why);

  const Dependencies deps_;
  std::map<uint64_t, Attempt> attempts_;
  uint64_t last_ = 0;
  size_t asked_ = 0;  // questions to the provider without an answer
  TokenBucket begins_;
  Lifetime lifetime_;
};

}  // namespace orch::hub

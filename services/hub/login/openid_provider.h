// The OpenID provider, as a client that has no browser sees it: its configuration (OpenID Connect Discovery 1.0), the
// device flow (RFC 8628) and its keys. What it answers is bounded and checked; an answer that makes no sense is an
// error that names the field. Blocks; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/json.h"
#include "services/hub/login/http.h"
#include "services/hub/login/login_settings.h"

namespace orch::hub {

class OpenIdProvider {
 public:
  static constexpr absl::Duration kKeepConfiguration = absl::Hours(1);
  static constexpr absl::Duration kReadKeysEvery = absl::Minutes(1);  // at most, for tokens of unknown keys
  static constexpr size_t kMaxFieldBytes = 4096;
  static constexpr absl::Duration kMinInterval = absl::Seconds(1);
  static constexpr absl::Duration kMaxInterval = absl::Seconds(60);
  static constexpr absl::Duration kMaxWait = absl::Minutes(30);  // for the user, whatever the provider allows

  // `secret`: of the client; empty: it has none.
  OpenIdProvider(LoginSettings settings, std::string secret, Http* http, const Clock* clock);

  struct Device {
    std::string device_code;  // a secret between hub and provider
    std::string user_code;
    std::string verification_uri;
    std::string verification_uri_complete;  // empty if the provider has none
    absl::Duration interval = absl::Seconds(5);
    absl::Duration expires_in;
  };
  absl::StatusOr<Device> BeginDevice();

  enum class Progress { kPending, kSlowDown, kToken };
  struct Poll {
    Progress progress = Progress::kPending;
    std::string id_token;  // with kToken
  };
  // PermissionDenied: the user, or the provider, has said no. DeadlineExceeded: the code is over. Unavailable: worth
  // another try.
  absl::StatusOr<Poll> Ask(const std::string& device_code);

  // The claims of a good token.
  absl::StatusOr<Json> Claims(const std::string& id_token);

 private:
  struct Configuration {
    std::string device_endpoint;
    std::string token_endpoint;
    std::string jwks_uri;
  };
  absl::StatusOr<Json> GetObject(const std::string& url, const char* what);
  absl::StatusOr<const Configuration*> Configure();
  absl::Status ReadKeys();
  void AddClient(HttpForm* form) const;

  const LoginSettings settings_;
  const std::string secret_;
  Http* const http_;
  const Clock* const clock_;
  std::optional<Configuration> configuration_;
  absl::Duration configured_;  // Clock::Steady
  Json keys_;                  // null: not read yet
  absl::Duration keys_read_ = -absl::InfiniteDuration();
};

}  // namespace orch::hub

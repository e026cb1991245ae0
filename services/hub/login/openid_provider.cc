#include "services/hub/login/openid_provider.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth/openid/id_token.h"
#include "base/foreign_text.h"
#include "base/status_macros.h"
#include "services/hub/login/curl_http.h"

namespace orch::hub {
namespace {

constexpr char kDeviceGrant[] = "urn:ietf:params:oauth:grant-type:device_code";
constexpr long kOk = 200;  // NOLINT: libcurl's type

absl::Status Nonsense(absl::string_view what, absl::string_view field) {
  return absl::UnavailableError(
      absl::StrCat("the OpenID provider's ", what, " has no usable '", field, "'; check security.login.issuer"));
}

// Empty when the field is missing or cannot be used.
std::string Field(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return "";
  std::string text = found->get<std::string>();
  return text.size() > OpenIdProvider::kMaxFieldBytes ? "" : text;
}

absl::Duration Seconds(const Json& object, const char* name, absl::Duration otherwise) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number()) return otherwise;
  return absl::Seconds(found->get<double>());
}

// A provider that is asked over https must not lead elsewhere.
absl::StatusOr<std::string> Endpoint(const Json& object, const char* name, const std::string& issuer) {
  std::string url = Field(object, name);
  if (!IsProviderUrl(url) || (IsHttps(issuer) && !IsHttps(url))) return Nonsense("configuration", name);
  return url;
}

// What the provider says of its refusal, in one line: RFC 6749, section 5.2.
std::string ReasonOf(const Json& answer) {
  std::string reason = Field(answer, "error");
  const std::string more = Field(answer, "error_description");
  if (!more.empty()) absl::StrAppend(&reason, reason.empty() ? "" : ": ", more);
  return Printable(reason.substr(0, 300));
}

}  // namespace

OpenIdProvider::OpenIdProvider(LoginSettings settings, std::string secret, Http* http, const Clock* clock)
    : settings_(std::move(settings)), secret_(std::move(secret)), http_(http), clock_(clock) {}

absl::StatusOr<Json> OpenIdProvider::GetObject(const std::string& url, const char* what) {
  ORCH_ASSIGN_OR_RETURN(const HttpAnswer answer, http_->Get(url));
  if (answer.status != kOk) {
    return absl::UnavailableError(absl::StrCat("the OpenID provider answers ", answer.status, " for its ", what,
                                               "; check security.login.issuer"));
  }
  absl::StatusOr<Json> object = ParseJsonObject(answer.body, what, Http::kMaxAnswerBytes);
  if (!object.ok()) {
    return absl::UnavailableError(absl::StrCat("the OpenID provider: ", object.status().message()));
  }
  return object;
}

absl::StatusOr<const OpenIdProvider::Configuration*> OpenIdProvider::Configure() {
  if (configuration_.has_value() && clock_->Steady() - configured_ < kKeepConfiguration) return &*configuration_;
  const std::string url = absl::StrCat(absl::StripSuffix(settings_.issuer, "/"), "/.well-known/openid-configuration");
  ORCH_ASSIGN_OR_RETURN(const Json object, GetObject(url, "configuration"));
  // Another issuer's configuration would make this hub believe another issuer's tokens.
  if (Field(object, "issuer") != settings_.issuer) return Nonsense("configuration", "issuer");
  Configuration configuration;
  ORCH_ASSIGN_OR_RETURN(configuration.device_endpoint,
                        Endpoint(object, "device_authorization_endpoint", settings_.issuer));
  ORCH_ASSIGN_OR_RETURN(configuration.token_endpoint, Endpoint(object, "token_endpoint", settings_.issuer));
  ORCH_ASSIGN_OR_RETURN(configuration.jwks_uri, Endpoint(object, "jwks_uri", settings_.issuer));
  configuration_ = std::move(configuration);
  configured_ = clock_->Steady();
  keys_ = Json();  // those that the provider has withdrawn end with it
  return &*configuration_;
}

void OpenIdProvider::AddClient(HttpForm* form) const {
  form->emplace_back("client_id", settings_.client_id);
  if (!secret_.empty()) form->emplace_back("client_secret", secret_);
}

absl::StatusOr<OpenIdProvider::Device> OpenIdProvider::BeginDevice() {
  ORCH_ASSIGN_OR_RETURN(const Configuration* const configuration, Configure());
  HttpForm form = {{"scope", settings_.scopes}};
  AddClient(&form);
  ORCH_ASSIGN_OR_RETURN(const HttpAnswer answer, http_->Post(configuration->device_endpoint, form));
  const absl::StatusOr<Json> object = ParseJsonObject(answer.body, "answer", Http::kMaxAnswerBytes);
  if (!object.ok()) return Nonsense("answer", "device_code");
  if (answer.status != kOk) {
    return absl::FailedPreconditionError(
        absl::StrCat("the OpenID provider begins no login (", answer.status, " ", ReasonOf(*object),
                     "); check security.login.client_id and that the client may use the device flow"));
  }
  Device device;
  device.device_code = Field(*object, "device_code");
  device.user_code = Field(*object, "user_code");
  device.verification_uri = Field(*object, "verification_uri");
  device.verification_uri_complete = Field(*object, "verification_uri_complete");
  if (device.device_code.empty()) return Nonsense("answer", "device_code");
  if (device.user_code.empty()) return Nonsense("answer", "user_code");
  if (!IsProviderUrl(device.verification_uri)) return Nonsense("answer", "verification_uri");
  if (!IsProviderUrl(device.verification_uri_complete)) device.verification_uri_complete.clear();
  device.interval = std::clamp(Seconds(*object, "interval", device.interval), kMinInterval, kMaxInterval);
  device.expires_in = std::clamp(Seconds(*object, "expires_in", kMaxWait), absl::Seconds(1), kMaxWait);
  return device;
}

absl::StatusOr<OpenIdProvider::Poll> OpenIdProvider::Ask(const std::string& device_code) {
  ORCH_ASSIGN_OR_RETURN(const Configuration* const configuration, Configure());
  HttpForm form = {{"grant_type", kDeviceGrant}, {"device_code", device_code}};
  AddClient(&form);
  ORCH_ASSIGN_OR_RETURN(const HttpAnswer answer, http_->Post(configuration->token_endpoint, form));
  const absl::StatusOr<Json> object = ParseJsonObject(answer.body, "answer", Http::kMaxAnswerBytes);
  if (!object.ok()) return Nonsense("answer", "id_token");
  if (answer.status == kOk) {
    const auto token = object->find("id_token");
    if (token == object->end() || !token->is_string()) {
      return absl::FailedPreconditionError(
          "the OpenID provider has sent no ID token; security.login.scopes must contain openid");
    }
    return Poll{Progress::kToken, token->get<std::string>()};
  }
  const std::string error = Field(*object, "error");
  if (error == "authorization_pending") return Poll{Progress::kPending, ""};
  if (error == "slow_down") return Poll{Progress::kSlowDown, ""};
  if (error == "expired_token" || error == "invalid_grant")
    return absl::DeadlineExceededError("the code is over, or was not entered in time; log in again");
  if (error == "access_denied") return absl::PermissionDeniedError("the login was refused at the OpenID provider");
  if (error.empty()) return absl::UnavailableError(absl::StrCat("the OpenID provider answers ", answer.status));
  return absl::PermissionDeniedError(absl::StrCat("the OpenID provider refuses the login: ", ReasonOf(*object)));
}

absl::Status OpenIdProvider::ReadKeys() {
  ORCH_ASSIGN_OR_RETURN(const Configuration* const configuration, Configure());
  keys_read_ = clock_->Steady();
  ORCH_ASSIGN_OR_RETURN(keys_, GetObject(configuration->jwks_uri, "key set"));
  return absl::OkStatus();
}

// The keys of a provider change; a token of an unknown key is a reason to read them again, but not at each token.
absl::StatusOr<Json> OpenIdProvider::Claims(const std::string& id_token) {
  const auth::IdTokenExpectation expected{settings_.issuer, settings_.client_id};
  ORCH_RETURN_IF_ERROR(Configure().status());
  if (keys_.is_object()) {
    absl::StatusOr<Json> claims = auth::CheckIdToken(id_token, keys_, expected, clock_->Now());
    if (claims.ok() || clock_->Steady() - keys_read_ < kReadKeysEvery) return claims;
  }
  ORCH_RETURN_IF_ERROR(ReadKeys());
  return auth::CheckIdToken(id_token, keys_, expected, clock_->Now());
}

}  // namespace orch::hub

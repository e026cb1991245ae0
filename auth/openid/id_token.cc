#include "auth/openid/id_token.h"

#include <cjose/cjose.h>
#include <openssl/err.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/foreign_text.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kAlgorithms[] = {"RS256", "RS384", "RS512", "PS256", "PS384",
                                             "PS512", "ES256", "ES384", "ES512"};

struct JwsDeleter {
  void operator()(cjose_jws_t* jws) const { cjose_jws_release(jws); }
};
using JwsPtr = std::unique_ptr<cjose_jws_t, JwsDeleter>;
struct JwkDeleter {
  void operator()(cjose_jwk_t* jwk) const { cjose_jwk_release(jwk); }
};
using JwkPtr = std::unique_ptr<cjose_jwk_t, JwkDeleter>;

absl::Status Refused(absl::string_view why) {
  return absl::UnauthenticatedError(absl::StrCat("the provider's ID token is refused: ", why));
}

std::string HeaderText(cjose_jws_t* jws, const char* name) {
  cjose_err error;
  const char* const text = cjose_header_get(cjose_jws_get_protected(jws), name, &error);
  return text == nullptr ? "" : text;
}

absl::StatusOr<JwsPtr> Import(absl::string_view token) {
  if (token.size() > kMaxIdTokenBytes) return Refused("it is too long");
  cjose_err error;
  JwsPtr jws(cjose_jws_import(token.data(), token.size(), &error));
  if (jws == nullptr) return Refused("it is no signed JSON Web Token");
  const std::string algorithm = HeaderText(jws.get(), CJOSE_HDR_ALG);
  if (std::find(std::begin(kAlgorithms), std::end(kAlgorithms), algorithm) == std::end(kAlgorithms)) {
    return Refused(absl::StrCat("its signature is of the kind '", Printable(algorithm.substr(0, 20)),
                                "', and only RSA and ECDSA are accepted"));
  }
  // A header that must be understood, and is not (RFC 7515, section 4.1.11).
  char* const critical = cjose_header_get_raw(cjose_jws_get_protected(jws.get()), "crit", &error);
  if (critical != nullptr) {
    free(critical);  // NOLINT: by libcjose's contract
    return Refused("it demands an extension that is not known here");
  }
  return jws;
}

std::string TextOf(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// Whether the key of the set may have signed a token that names `key_id`.
bool MayBe(const Json& key, const std::string& key_id) {
  if (!key.is_object()) return false;
  const std::string kty = TextOf(key, "kty"), use = TextOf(key, "use");
  if (kty != "RSA" && kty != "EC") return false;
  if (!use.empty() && use != "sig") return false;
  return key_id.empty() || TextOf(key, "kid") == key_id;
}

absl::Status CheckSignature(cjose_jws_t* jws, const Json& key_set) {
  const auto keys = key_set.find("keys");
  if (keys == key_set.end() || !keys->is_array()) return Refused("the provider's key set has no list 'keys'");
  const std::string key_id = HeaderText(jws, CJOSE_HDR_KID);
  int tried = 0;
  for (const Json& key : *keys) {
    if (!MayBe(key, key_id)) continue;
    if (++tried > kMaxProviderKeys) break;
    const std::string text = DumpJson(key);
    cjose_err error;
    const JwkPtr jwk(cjose_jwk_import(text.data(), text.size(), &error));
    const bool good = jwk != nullptr && cjose_jws_verify(jws, jwk.get(), &error);
    ERR_clear_error();
    if (good) return absl::OkStatus();
  }
  return Refused(tried == 0 ? absl::StrCat("the provider has no key '", Printable(key_id.substr(0, 100)), "'")
                            : std::string("its signature is not that of the provider's key"));
}

bool IsFor(const Json& claims, const std::string& client_id) {
  const auto audience = claims.find("aud");
  if (audience == claims.end()) return false;
  if (audience->is_string()) return audience->get<std::string>() == client_id;
  if (!audience->is_array()) return false;
  const bool named = std::find(audience->begin(), audience->end(), Json(client_id)) != audience->end();
  // A token for several must say to whom it was issued.
  return named && (audience->size() == 1 || TextOf(claims, "azp") == client_id);
}

absl::StatusOr<absl::Time> TimeOf(const Json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number()) return Refused(absl::StrCat("it has no time '", name, "'"));
  const double seconds = found->get<double>();
  if (!(seconds >= 0 && seconds < 1e11)) return Refused(absl::StrCat("its time '", name, "' is out of range"));
  return absl::FromUnixSeconds(static_cast<int64_t>(seconds));
}

absl::Status CheckClaims(const Json& claims, const IdTokenExpectation& expected, absl::Time now) {
  if (TextOf(claims, "iss") != expected.issuer) return Refused("it was issued by another provider");
  if (!IsFor(claims, expected.client_id)) return Refused("it was issued for another client");
  const std::string party = TextOf(claims, "azp");
  if (!party.empty() && party != expected.client_id) return Refused("it was issued to another client");
  if (TextOf(claims, "sub").empty()) return Refused("it names nobody");
  ORCH_ASSIGN_OR_RETURN(const absl::Time expires, TimeOf(claims, "exp"));
  ORCH_ASSIGN_OR_RETURN(const absl::Time issued, TimeOf(claims, "iat"));
  if (now >= expires + kIdTokenSkew) return Refused("it has expired; compare the clocks of hub and provider");
  if (issued > now + kIdTokenSkew) return Refused("it is from the future; compare the clocks of hub and provider");
  if (!claims.contains("nbf")) return absl::OkStatus();
  ORCH_ASSIGN_OR_RETURN(const absl::Time begins, TimeOf(claims, "nbf"));
  return begins > now + kIdTokenSkew ? Refused("it is not valid yet") : absl::OkStatus();
}

}  // namespace

absl::StatusOr<Json> CheckIdToken(absl::string_view token, const Json& key_set, const IdTokenExpectation& expected,
                                  absl::Time now) {
  ORCH_ASSIGN_OR_RETURN(const JwsPtr jws, Import(token));
  ORCH_RETURN_IF_ERROR(CheckSignature(jws.get(), key_set));
  uint8_t* bytes = nullptr;
  size_t size = 0;
  cjose_err error;
  if (!cjose_jws_get_plaintext(jws.get(), &bytes, &size, &error)) return Refused("it has no text");
  absl::StatusOr<Json> claims =
      ParseJsonObject({reinterpret_cast<const char*>(bytes), size}, "the ID token", kMaxIdTokenBytes);
  if (!claims.ok()) return Refused(claims.status().message());
  ORCH_RETURN_IF_ERROR(CheckClaims(*claims, expected, now));
  return claims;
}

}  // namespace orch::auth

// A provider of tests: a key pair, and ID tokens that it signs.
#pragma once

#include <cjose/cjose.h>

#include <string>

#include "absl/strings/string_view.h"
#include "base/json.h"
#include "gtest/gtest.h"

namespace orch::auth {

class TestProvider {
 public:
  explicit TestProvider(const std::string& key_id = "k1") {
    cjose_err error;
    key_ = cjose_jwk_create_EC_random(CJOSE_JWK_EC_P_256, &error);
    EXPECT_NE(key_, nullptr);
    EXPECT_TRUE(cjose_jwk_set_kid(key_, key_id.data(), key_id.size(), &error));
  }
  ~TestProvider() { cjose_jwk_release(key_); }
  TestProvider(const TestProvider&) = delete;
  TestProvider& operator=(const TestProvider&) = delete;

  Json KeySet() const {
    cjose_err error;
    char* const text = cjose_jwk_to_json(key_, false, &error);
    Json key = *ParseJsonObject(text, "a key");
    cjose_get_dealloc()(text);
    key["use"] = "sig";
    return {{"keys", Json::array({key})}};
  }
  std::string Sign(const Json& claims, const char* algorithm = CJOSE_HDR_ALG_ES256, const char* critical = nullptr) {
    cjose_err error;
    cjose_header_t* const header = cjose_header_new(&error);
    cjose_header_set(header, CJOSE_HDR_ALG, algorithm, &error);
    cjose_header_set(header, CJOSE_HDR_KID, cjose_jwk_get_kid(key_, &error), &error);
    if (critical != nullptr) cjose_header_set_raw(header, "crit", critical, &error);
    const std::string text = DumpJson(claims);
    cjose_jws_t* const jws =
        cjose_jws_sign(key_, header, reinterpret_cast<const uint8_t*>(text.data()), text.size(), &error);
    EXPECT_NE(jws, nullptr);
    const char* compact = nullptr;
    EXPECT_TRUE(cjose_jws_export(jws, &compact, &error));
    std::string token = compact;
    cjose_jws_release(jws);
    cjose_header_release(header);
    return token;
  }

 private:
  cjose_jwk_t* key_;
};

}  // namespace orch::auth

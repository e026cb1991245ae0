// An OpenID provider that a test plays: answers by address, in the order in which they were put there.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/json.h"
#include "services/hub/login/http.h"

namespace orch::hub {

inline constexpr char kIssuer[] = "https://login.example.com";

class FakeHttp final : public Http {
 public:
  absl::StatusOr<HttpAnswer> Get(const std::string& url) override { return Answer(url); }
  absl::StatusOr<HttpAnswer> Post(const std::string& url, const HttpForm& form) override {
    forms.push_back(form);
    return Answer(url);
  }

  // The last answer of an address stays.
  void Put(const std::string& path, absl::StatusOr<HttpAnswer> answer) {
    answers_[kIssuer + path].push_back(std::move(answer));
  }
  void PutJson(const std::string& path, const Json& body, int status = 200) {
    Put(path, HttpAnswer{status, DumpJson(body)});
  }
  void PutConfiguration() {
    PutJson("/.well-known/openid-configuration", {{"issuer", kIssuer},
                                                  {"device_authorization_endpoint", std::string(kIssuer) + "/device"},
                                                  {"token_endpoint", std::string(kIssuer) + "/token"},
                                                  {"jwks_uri", std::string(kIssuer) + "/keys"}});
  }
  static Json DeviceAnswer() {
    return {{"device_code", "secret-code"},
            {"user_code", "ABCD-EFGH"},
            {"verification_uri", std::string(kIssuer) + "/activate"},
            {"verification_uri_complete", std::string(kIssuer) + "/activate?code=ABCD-EFGH"},
            {"interval", 5},
            {"expires_in", 600}};
  }

  std::vector<HttpForm> forms;
  std::map<std::string, int> asked;  // by address

 private:
  absl::StatusOr<HttpAnswer> Answer(const std::string& url) {
    ++asked[url];
    auto& answers = answers_[url];
    if (answers.empty()) return absl::UnavailableError("nobody answers at " + url);
    absl::StatusOr<HttpAnswer> answer = answers.front();
    if (answers.size() > 1) answers.pop_front();
    return answer;
  }

  std::map<std::string, std::deque<absl::StatusOr<HttpAnswer>>> answers_;
};

}  // namespace orch::hub

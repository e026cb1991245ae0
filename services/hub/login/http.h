// Requests to an OpenID provider over HTTP. Implemented with libcurl (curl_http.h) and by fakes in tests. Calls block.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace orch::hub {

struct HttpAnswer {
  long status = 0;  // NOLINT: libcurl's type
  std::string body;
};
using HttpForm = std::vector<std::pair<std::string, std::string>>;

class Http {
 public:
  static constexpr size_t kMaxAnswerBytes = 256u << 10;

  virtual ~Http() = default;
  // Unavailable: the server cannot be reached, does not answer in time, cannot prove its name, or answers with more
  // than kMaxAnswerBytes. Any status of HTTP is an answer.
  virtual absl::StatusOr<HttpAnswer> Get(const std::string& url) = 0;
  virtual absl::StatusOr<HttpAnswer> Post(const std::string& url, const HttpForm& form) = 0;
  // Soon ends the call that is under way, and all later ones. Any thread.
  virtual void Stop() {}
};

}  // namespace orch::hub

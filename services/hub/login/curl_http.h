// HTTP by libcurl: https only, and http to loopback addresses; no redirects, whose target nobody has configured.
// Connections are kept for the next call. One thread, except Stop.
#pragma once

#include <atomic>
#include <string>

#include "absl/time/time.h"
#include "services/hub/login/http.h"

namespace orch::hub {

class CurlHttp final : public Http {
 public:
  static constexpr absl::Duration kConnectWithin = absl::Seconds(5);
  static constexpr absl::Duration kAnswerWithin = absl::Seconds(10);

  // `ca_file`: the certificates that vouch for the provider; empty: those of the system.
  explicit CurlHttp(std::string ca_file);
  ~CurlHttp() override;

  absl::StatusOr<HttpAnswer> Get(const std::string& url) override;
  absl::StatusOr<HttpAnswer> Post(const std::string& url, const HttpForm& form) override;
  void Stop() override { stopped_ = true; }

 private:
  absl::StatusOr<HttpAnswer> Send(const std::string& url, const std::string* body);

  const std::string ca_file_;
  void* const curl_;  // a CURL; null if libcurl cannot be started
  std::atomic<bool> stopped_{false};
};

// Whether requests may go to this address: https, or http to a loopback address as it is written.
bool IsProviderUrl(const std::string& url);
bool IsHttps(const std::string& url);

}  // namespace orch::hub

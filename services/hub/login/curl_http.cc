#include "services/hub/login/curl_http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace orch::hub {
namespace {

// 0 is an error for libcurl, which ends the transfer.
size_t TakeBody(char* bytes, size_t one, size_t count, void* body) {
  auto* const text = static_cast<std::string*>(body);
  if (text->size() + one * count > Http::kMaxAnswerBytes) return 0;
  text->append(bytes, one * count);
  return one * count;
}

// Not 0 ends the transfer. libcurl asks about once a second, and more often while something moves.
int IsStopped(void* stopped, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<const std::atomic<bool>*>(stopped)->load() ? 1 : 0;
}

bool IsLoopback(std::string host) {
  if (host == "localhost") return true;
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  in_addr four{};
  in6_addr six{};
  if (inet_pton(AF_INET, host.c_str(), &four) == 1) return ntohl(four.s_addr) >> 24 == 127;
  return inet_pton(AF_INET6, host.c_str(), &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

std::string EncodeForm(CURL* curl, const HttpForm& form) {
  std::string body;
  for (const auto& [name, value] : form) {
    char* const escaped = curl_easy_escape(curl, value.data(), static_cast<int>(value.size()));
    if (escaped == nullptr) continue;
    absl::StrAppend(&body, body.empty() ? "" : "&", name, "=", escaped);
    curl_free(escaped);
  }
  return body;
}

void SetTimes(CURL* curl) {
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(CurlHttp::kConnectWithin)));  // NOLINT: libcurl's type
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(absl::ToInt64Milliseconds(CurlHttp::kAnswerWithin)));  // NOLINT: libcurl's type
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

}  // namespace

bool IsProviderUrl(const std::string& url) {
  const std::unique_ptr<CURLU, void (*)(CURLU*)> parsed(curl_url(), curl_url_cleanup);
  if (parsed == nullptr || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return false;
  const auto part = [&parsed](CURLUPart which) {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), which, &text, 0) != CURLUE_OK) return std::string();
    std::string taken = text;
    curl_free(text);
    return taken;
  };
  if (!part(CURLUPART_USER).empty() || !part(CURLUPART_PASSWORD).empty()) return false;
  const std::string scheme = part(CURLUPART_SCHEME), host = part(CURLUPART_HOST);
  if (scheme == "https") return !host.empty();
  return scheme == "http" && IsLoopback(host);
}

bool IsHttps(const std::string& url) { return absl::StartsWithIgnoreCase(url, "https://"); }

CurlHttp::CurlHttp(std::string ca_file) : ca_file_(std::move(ca_file)), curl_(curl_easy_init()) {}

CurlHttp::~CurlHttp() { curl_easy_cleanup(curl_); }

absl::StatusOr<HttpAnswer> CurlHttp::Get(const std::string& url) { return Send(url, nullptr); }

absl::StatusOr<HttpAnswer> CurlHttp::Post(const std::string& url, const HttpForm& form) {
  if (curl_ == nullptr) return absl::InternalError("libcurl cannot be started");
  const std::string body = EncodeForm(curl_, form);
  return Send(url, &body);
}

absl::StatusOr<HttpAnswer> CurlHttp::Send(const std::string& url, const std::string* body) {
  if (!IsProviderUrl(url)) return absl::UnavailableError("the provider names an address that is no https address");
  if (curl_ == nullptr) return absl::InternalError("libcurl cannot be started");
  CURL* const curl = curl_;
  curl_easy_reset(curl);  // what the call before has set; connections stay
  HttpAnswer answer;
  char error[CURL_ERROR_SIZE] = "";
  SetTimes(curl);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // does not wait for a resolver that does not answer
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, IsStopped);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &stopped_);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "orch-hub");
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, TakeBody);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  if (!ca_file_.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file_.c_str());
  if (body != nullptr) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body->size()));  // NOLINT: libcurl's type
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body->c_str());
  }
  const CURLcode code = curl_easy_perform(curl);
  if (code != CURLE_OK) {
    const char* const why = error[0] != '\0' ? error : curl_easy_strerror(code);
    return absl::UnavailableError(absl::StrCat("the OpenID provider does not answer: ", why));
  }
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

}  // namespace orch::hub

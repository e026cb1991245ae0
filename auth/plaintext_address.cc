#include <arpa/inet.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth/tls.h"

namespace orch::auth {
namespace {

bool IsLoopbackHost(absl::string_view host) {
  const std::string text(host);
  in_addr v4;
  if (inet_pton(AF_INET, text.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  in6_addr v6;
  if (inet_pton(AF_INET6, text.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return host == "localhost";
}

// Only digits behind the colon; a list of addresses is none.
bool SplitHost(absl::string_view address, absl::string_view* host) {
  absl::string_view rest;
  if (absl::ConsumePrefix(&address, "[")) {
    const size_t end = address.find(']');
    if (end == absl::string_view::npos) return false;
    *host = address.substr(0, end);
    rest = address.substr(end + 1);
    if (!rest.empty() && !absl::ConsumePrefix(&rest, ":")) return false;
  } else {
    const size_t colon = address.find(':');
    const bool bare_v6 = colon != absl::string_view::npos && address.find(':', colon + 1) != absl::string_view::npos;
    *host = bare_v6 ? address : address.substr(0, colon);
    rest = bare_v6 || colon == absl::string_view::npos ? absl::string_view() : address.substr(colon + 1);
  }
  return rest.find_first_not_of("0123456789") == absl::string_view::npos;
}

}  // namespace

absl::Status CheckPlaintextAddress(absl::string_view address) {
  if (absl::StartsWith(address, "unix:") || absl::StartsWith(address, "unix-abstract:")) return absl::OkStatus();
  absl::string_view name = address;
  for (const absl::string_view scheme : {"dns:///", "dns:", "ipv4:", "ipv6:"}) {
    if (absl::ConsumePrefix(&name, scheme)) break;
  }
  absl::string_view host;
  if (SplitHost(name, &host) && IsLoopbackHost(host)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("plaintext is refused for '", address.substr(0, 300),
                   "': only loopback addresses (127.0.0.1, [::1], localhost) and unix sockets may go without TLS; use "
                   "TLS (orch-hub init makes a certificate)"));
}

}  // namespace orch::auth

#include "base/net/address.h"

#include <arpa/inet.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/status_macros.h"

namespace orch {
namespace {

constexpr size_t kMaxHostBytes = 253;  // RFC 1035
constexpr size_t kShownBytes = 100;

absl::Status Wrong(absl::string_view text, absl::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat("address '", absl::CHexEscape(text.substr(0, kShownBytes)), "' cannot be used: ", why,
                   "; write HOST:PORT, IPV4:PORT, [IPV6]:PORT or unix:/PATH, without a port for ", kDefaultPort));
}

bool IsIpv4(const std::string& host) {
  in_addr binary;
  return inet_pton(AF_INET, host.c_str(), &binary) == 1;
}

bool IsIpv6(const std::string& host) {
  in6_addr binary;
  return inet_pton(AF_INET6, host.c_str(), &binary) == 1;
}

bool IsHostName(absl::string_view host) {
  if (host.empty() || host.size() > kMaxHostBytes || host.front() == '-' || host.front() == '.') return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '_';
  });
}

// Whether the text has only digits and dots, so that it means an IPv4 address and no name.
bool LooksNumeric(absl::string_view host) { return host.find_first_not_of("0123456789.") == absl::string_view::npos; }

// Removes "[v6]", "v6", "v4" or "name" from the front; the rest is empty or begins with ':'.
absl::Status SplitHost(absl::string_view text, Address* address, absl::string_view* rest) {
  absl::string_view inside = text;
  if (absl::ConsumePrefix(&inside, "[")) {
    const size_t end = inside.find(']');
    if (end == absl::string_view::npos) return Wrong(text, "the bracket is not closed");
    address->host = std::string(inside.substr(0, end));
    if (!IsIpv6(address->host)) return Wrong(text, "between the brackets stands no IPv6 address");
    address->kind = Address::Kind::kIpv6;
    *rest = inside.substr(end + 1);
    return absl::OkStatus();
  }
  if (std::count(text.begin(), text.end(), ':') > 1) {
    address->host = std::string(text);
    if (!IsIpv6(address->host)) return Wrong(text, "it is no IPv6 address; one with a port needs brackets");
    address->kind = Address::Kind::kIpv6;
    *rest = "";
    return absl::OkStatus();
  }
  const size_t colon = text.find(':');
  address->host = std::string(text.substr(0, colon));
  *rest = colon == absl::string_view::npos ? absl::string_view() : text.substr(colon);
  if (address->host.empty()) return Wrong(text, "the host is missing");
  if (LooksNumeric(address->host)) {
    if (!IsIpv4(address->host)) return Wrong(text, "the host is neither an IPv4 address nor a name");
    address->kind = Address::Kind::kIpv4;
    return absl::OkStatus();
  }
  if (!IsHostName(address->host)) return Wrong(text, "the host may hold letters, digits, '-', '.' and '_'");
  address->kind = Address::Kind::kName;
  return absl::OkStatus();
}

absl::StatusOr<Address> Parse(absl::string_view text, int lowest_port) {
  Address address;
  absl::string_view path = text;
  if (absl::ConsumePrefix(&path, "unix:")) {
    if (!absl::StartsWith(path, "/") || path.size() > kMaxUnixPathBytes || absl::StrContains(path, '\0')) {
      return Wrong(text, absl::StrCat("a unix socket needs an absolute path of at most ", kMaxUnixPathBytes, " bytes"));
    }
    address.kind = Address::Kind::kUnix;
    address.path = std::string(path);
    return address;
  }
  absl::string_view rest;
  ORCH_RETURN_IF_ERROR(SplitHost(text, &address, &rest));
  address.port = kDefaultPort;
  if (rest.empty()) return address;
  int port = 0;
  const bool digits = rest.size() > 1 && rest.substr(1).find_first_not_of("0123456789") == absl::string_view::npos;
  if (rest.front() != ':' || !digits || !absl::SimpleAtoi(rest.substr(1), &port) || port < lowest_port ||
      port > 65'535) {
    return Wrong(text, absl::StrCat("the port must be a number from ", lowest_port, " to 65535"));
  }
  address.port = static_cast<uint16_t>(port);
  return address;
}

}  // namespace

absl::StatusOr<Address> ParseAddress(absl::string_view text) { return Parse(text, 1); }
absl::StatusOr<Address> ParseListenAddress(absl::string_view text) { return Parse(text, 0); }

std::string Address::Text() const {
  if (kind == Kind::kUnix) return absl::StrCat("unix:", path);
  return kind == Kind::kIpv6 ? absl::StrCat("[", host, "]:", port) : absl::StrCat(host, ":", port);
}

bool Address::IsLocal() const {
  switch (kind) {
    case Kind::kUnix:
      return true;
    case Kind::kName:
      return absl::EqualsIgnoreCase(host, "localhost");
    case Kind::kIpv4: {
      in_addr binary;
      return inet_pton(AF_INET, host.c_str(), &binary) == 1 && (ntohl(binary.s_addr) >> 24) == 127;
    }
    case Kind::kIpv6: {
      in6_addr binary;
      return inet_pton(AF_INET6, host.c_str(), &binary) == 1 && IN6_IS_ADDR_LOOPBACK(&binary);
    }
  }
  return false;
}

absl::Status CheckPlaintextAddress(const Address& address) {
  if (address.IsLocal()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("plaintext is refused for '", address.Text(),
                   "': only loopback addresses (127.0.0.1, [::1], localhost) and unix sockets may go without TLS; set "
                   "tls.mode to on"));
}

}  // namespace orch

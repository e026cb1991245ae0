#include "auth/connection_error.h"

#include <initializer_list>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace orch::auth {
namespace {

// gRPC 1.51's own words, as seen in tests/auth/tls_test.cc.
constexpr absl::string_view kSignerRefused = "Getting metadata from plugin failed with error: ";
constexpr absl::string_view kNoConnection = "failed to connect to all addresses";
constexpr absl::string_view kNoName = "DNS resolution failed";

bool HasAny(absl::string_view text, std::initializer_list<absl::string_view> parts) {
  for (const absl::string_view part : parts) {
    if (absl::StrContains(text, part)) return true;
  }
  return false;
}

// Why the other side hung up before a word was said.
absl::string_view WhyClosed(const ChannelTlsOptions& tls) {
  if (tls.plaintext) return "it closed the connection at once; it probably speaks TLS: turn plaintext off here";
  if (!tls.certificate_file.empty()) {
    return "it closed the connection in the TLS handshake; it may not accept this side's certificate: check that the "
           "hub's client CA has signed it and that it has not expired";
  }
  return "it closed the connection in the TLS handshake; check that an orch hub with TLS listens there, and its log";
}

std::string WhyNoConnection(absl::string_view text, const ChannelTlsOptions& tls) {
  if (HasAny(text, {"wrong version number", "packet length too long", "http request"})) {
    return "what listens there does not speak TLS; check the port, or set plaintext if the hub runs so (loopback only)";
  }
  if (absl::StrContains(text, "certificate verify failed")) {
    return absl::StrCat(
        "its certificate is not signed by the CA in ", tls.ca_file,
        "; set the CA that has signed it, or no CA file at all: the pre-shared key then proves the hub");
  }
  if (const size_t name = text.find("the hub's certificate is not for"); name != absl::string_view::npos) {
    return std::string(text.substr(name));
  }
  if (absl::StrContains(text, "Connection refused")) {
    return "nothing listens there; check that orch-hub runs (systemctl status orch-hub) and the address";
  }
  if (HasAny(text, {"Socket closed", "Connection reset", "Broken pipe", "GOAWAY"})) return std::string(WhyClosed(tls));
  if (absl::StrContains(text, "No such file")) return "there is no such socket; check that orch-hub runs and the path";
  return absl::StrCat("it cannot be reached; check the network and the firewall (", text, ")");
}

}  // namespace

absl::Status ExplainCallError(const grpc::Status& status, absl::string_view address, const ChannelTlsOptions& tls) {
  const std::string message = status.error_message();
  const absl::string_view text = message;
  if (absl::StartsWith(text, kSignerRefused)) {
    return absl::UnauthenticatedError(absl::StrCat("hub ", address, ": ", text.substr(kSignerRefused.size())));
  }
  if (absl::StartsWith(text, kNoConnection)) {
    return absl::UnavailableError(absl::StrCat("cannot connect to hub ", address, ": ", WhyNoConnection(text, tls)));
  }
  if (absl::StartsWith(text, kNoName)) {
    return absl::UnavailableError(
        absl::StrCat("cannot connect to hub ", address, ": its host name is not known here; check the name and DNS"));
  }
  if (status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED && absl::StartsWith(text, "Deadline Exceeded")) {
    return absl::DeadlineExceededError(
        absl::StrCat("hub ", address, " did not answer in time; check the network and the hub's load"));
  }
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE && HasAny(text, {"Socket closed", "Connection reset"})) {
    return absl::UnavailableError(
        absl::StrCat("hub ", address, " closed the connection during the call; is it restarting?"));
  }
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

}  // namespace orch::auth

#include "auth/refusal.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace orch::auth {
namespace {

// Tells the operator of a peer what to check. `who` is quoted; `detail` is in parentheses or empty.
std::string Explain(Refusal refusal, const std::string& who, const std::string& detail) {
  switch (refusal) {
    case Refusal::kMalformed:
      return absl::StrCat("what ", who, " sent is not understood", detail,
                          "; check that it is an orch program of a version that fits, and that the address is right");
    case Refusal::kWrongKey:
      return absl::StrCat("the key of ", who, detail,
                          " is not the hub's; put the line there that 'orch-hub key' prints on the hub for that name");
    case Refusal::kUnknownKey:
      return absl::StrCat("the key id of ", who, detail,
                          " is not in the hub's credentials file for peers of its kind; give the peer the line that "
                          "'orch-hub key' prints on the hub");
    case Refusal::kReplacedKey:
      return absl::StrCat(
          "the key of ", who, " was replaced by a newer one", detail,
          "; use the new one, or make one: 'orch-hub key' for a client, 'orchctl node token' for a node");
    case Refusal::kExpiredKey:
      return absl::StrCat("the key of ", who, " is past its time", detail,
                          "; 'orch-hub key client NAME --expires 90d' on the hub prints a new one; if the hub's clock "
                          "is wrong, set it (timedatectl status)");
    case Refusal::kWaiting:
      return absl::StrCat(who, " waits for approval", detail,
                          ", because another key was known for this name; an administrator decides: orchctl node "
                          "approve NAME");
    case Refusal::kWholePsk:
      return absl::StrCat(
          who, " holds a whole pre-shared key", detail,
          "; give it a key of its own: 'orchctl node token' enrols a node, 'orch-hub key' prints a line");
    case Refusal::kNoKey:
      return absl::StrCat(who, " showed no key", detail,
                          "; give it a key ('orch-hub key'), or set mtls.mode to optional and give it a certificate");
    case Refusal::kReplay:
      return absl::StrCat("a message of ", who, detail,
                          " came a second time; if the peer did not repeat it, somebody recorded and resent it");
    case Refusal::kStaleClock:
      return absl::StrCat("the clock of ", who, " and the hub's differ", detail,
                          "; check NTP on both (timedatectl status)");
    case Refusal::kBadCertificate:
      return absl::StrCat("the certificate of ", who, " is refused", detail,
                          "; it must chain to the hub's mtls.ca, be valid now and not be revoked");
    case Refusal::kNoCertificate:
      return absl::StrCat("the hub requires a client certificate (mtls.mode) and ", who, " showed none", detail,
                          "; set the peer's tls.certificate, tls.key and tls.ca");
    case Refusal::kIdentityMismatch:
      return absl::StrCat(who, " is not who it says", detail,
                          "; the name in the handshake, on the stream and in messages must be the peer's own");
    case Refusal::kWrongDoor:
      return absl::StrCat(who, " may not call this service", detail,
                          "; nodes only attach and clients only ask: use a client's key with orchctl and a node's with "
                          "orch-nodeagent");
    case Refusal::kBanned:
      return absl::StrCat(
          who, " is banned", detail,
          "; 'orchctl node unban NAME' or 'orchctl auth unban client|oidc NAME' ends a ban, unless a line of the hub's "
          "credentials file says so");
    case Refusal::kMisbehaved:
      return absl::StrCat(who, " broke the rules of its connection and was cut off", detail);
    case Refusal::kOverloaded:
      return absl::StrCat(who, " was turned away", detail, "; try again shortly");
    case Refusal::kCount:
      break;
  }
  return absl::StrCat(who, " refused", detail);
}

}  // namespace

absl::string_view RefusalName(Refusal refusal) {
  switch (refusal) {
    case Refusal::kMalformed:
      return "malformed";
    case Refusal::kWrongKey:
      return "wrong_key";
    case Refusal::kUnknownKey:
      return "unknown_key";
    case Refusal::kReplacedKey:
      return "replaced_key";
    case Refusal::kExpiredKey:
      return "expired_key";
    case Refusal::kWaiting:
      return "waiting";
    case Refusal::kWholePsk:
      return "whole_psk";
    case Refusal::kNoKey:
      return "no_key";
    case Refusal::kReplay:
      return "replay";
    case Refusal::kStaleClock:
      return "stale_clock";
    case Refusal::kBadCertificate:
      return "bad_certificate";
    case Refusal::kNoCertificate:
      return "no_certificate";
    case Refusal::kIdentityMismatch:
      return "identity_mismatch";
    case Refusal::kWrongDoor:
      return "wrong_door";
    case Refusal::kBanned:
      return "banned";
    case Refusal::kMisbehaved:
      return "misbehaved";
    case Refusal::kOverloaded:
      return "overloaded";
    case Refusal::kCount:
      break;
  }
  return "unknown";
}

Refusal RefusalOfKey(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kPermissionDenied:
      return Refusal::kBanned;
    case absl::StatusCode::kFailedPrecondition:
      return Refusal::kReplacedKey;
    case absl::StatusCode::kDeadlineExceeded:
      return Refusal::kExpiredKey;
    case absl::StatusCode::kUnavailable:
      return Refusal::kWaiting;
    case absl::StatusCode::kResourceExhausted:
      return Refusal::kWholePsk;
    default:
      return Refusal::kUnknownKey;
  }
}

absl::Status RefusalStatus(Refusal refusal, absl::string_view peer, absl::string_view detail) {
  const std::string who = peer.empty() ? std::string("a peer without a name") : absl::StrCat("'", peer, "'");
  const std::string text =
      absl::StrCat("refused (", RefusalName(refusal),
                   "): ", Explain(refusal, who, detail.empty() ? std::string() : absl::StrCat(" (", detail, ")")));
  return refusal == Refusal::kOverloaded ? absl::ResourceExhaustedError(text) : absl::UnauthenticatedError(text);
}

}  // namespace orch::auth

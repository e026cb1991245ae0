#include "auth/refusal.h"

#include "absl/strings/str_cat.h"

namespace orch::auth {
namespace {

// What a peer's operator should look at. `who` is quoted, `detail` in parentheses or empty.
std::string Explain(Refusal refusal, const std::string& who, const std::string& detail) {
  switch (refusal) {
    case Refusal::kMalformed:
      return absl::StrCat("no usable credential from ", who, detail,
                          "; the call needs the metadata 'orch-credential' as docs/PROTOCOL.md describes it");
    case Refusal::kWrongKey:
      return absl::StrCat(
          "the pre-shared key of ", who, detail,
          " is not the hub's; compare /etc/orch/credentials on both, line by line: the same key id must "
          "stand before the same key");
    case Refusal::kUnknownKey:
      return absl::StrCat("the key id of ", who, detail,
                          " is not in the hub's credentials file; add that key to /etc/orch/credentials on the hub, or "
                          "give the peer a key the hub has");
    case Refusal::kReplay:
      return absl::StrCat("a credential of ", who, detail,
                          " was used a second time; each call needs a fresh nonce. If the peer did not repeat it, "
                          "somebody recorded and resent it");
    case Refusal::kStaleClock:
      return absl::StrCat("the clock of ", who, " and the hub's differ", detail,
                          "; check NTP on both (timedatectl status)");
    case Refusal::kForeignCertificate:
      return absl::StrCat(
          "the connection of ", who, detail,
          " ends at another TLS certificate than this hub's: a TLS proxy or an attacker sits in between, "
          "or the address is another host's; connect straight to the hub");
    case Refusal::kIdentityMismatch:
      return absl::StrCat(who, " is not who it says", detail,
                          "; the name in the certificate, on the stream and in messages must be the peer's own");
    case Refusal::kWrongDoor:
      return absl::StrCat("the credential of ", who, detail,
                          " is for the other service: nodes only attach, clients only ask; use a client's credential "
                          "with orchctl and a node's with orch-nodeagent");
    case Refusal::kNoCertificate:
      return absl::StrCat("the hub requires a client certificate (mTLS) and ", who, " showed none", detail,
                          "; set the peer's certificate and key files");
    case Refusal::kOverloaded:
      return absl::StrCat("the hub cannot check more credentials at the moment, ", who, " was turned away", detail,
                          "; try again in a minute");
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
    case Refusal::kReplay:
      return "replay";
    case Refusal::kStaleClock:
      return "stale_clock";
    case Refusal::kForeignCertificate:
      return "foreign_certificate";
    case Refusal::kIdentityMismatch:
      return "identity_mismatch";
    case Refusal::kWrongDoor:
      return "wrong_door";
    case Refusal::kNoCertificate:
      return "no_certificate";
    case Refusal::kOverloaded:
      return "overloaded";
    case Refusal::kCount:
      break;
  }
  return "unknown";
}

absl::Status RefusalStatus(Refusal refusal, absl::string_view peer, absl::string_view detail) {
  const std::string who = peer.empty() ? std::string("a peer without a name") : absl::StrCat("'", peer, "'");
  const std::string text =
      absl::StrCat("refused (", RefusalName(refusal),
                   "): ", Explain(refusal, who, detail.empty() ? std::string() : absl::StrCat(" (", detail, ")")));
  return refusal == Refusal::kOverloaded ? absl::ResourceExhaustedError(text) : absl::UnauthenticatedError(text);
}

std::map<std::string, uint64_t> RefusalCounters::All() const {
  std::map<std::string, uint64_t> all;
  for (size_t i = 0; i < static_cast<size_t>(Refusal::kCount); ++i) {
    const Refusal refusal = static_cast<Refusal>(i);
    all.emplace(std::string(RefusalName(refusal)), Get(refusal));
  }
  return all;
}

}  // namespace orch::auth

// The reasons for which a peer is refused: one list for counters, logs and messages. Pure.
#pragma once

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace orch::auth {

enum class Refusal {
  kMalformed,         // neither a handshake of an orch peer nor a message that parses
  kWrongKey,          // the binder of a handshake or the MAC of a message does not fit the key
  kUnknownKey,        // the keyring has no such key id
  kReplacedKey,       // a newer key of that name counts
  kExpiredKey,        // the time of the key is over
  kWaiting,           // the key was enrolled and waits for approval
  kWholePsk,          // the peer holds a whole PSK, which security.node_psk or client_psk refuses
  kNoKey,             // neither a key nor, where certificates are accepted, a certificate
  kReplay,            // the nonce of the message was seen before
  kStaleClock,        // issued too long ago or in the future
  kBadCertificate,    // it does not chain to the CA, has expired, or is revoked
  kNoCertificate,     // certificates are required and none was shown
  kIdentityMismatch,  // the certificate, stream or message names another peer
  kWrongDoor,         // a node called the clients' service, or a client that of the nodes
  kBanned,            // the peer is banned, in the credentials file or by an administrator
  kMisbehaved,        // an authenticated peer broke the rules of HTTP/2 or flooded it
  kOverloaded,        // the peer's own share or a bound of the hub is used up
  kCount
};
absl::string_view RefusalName(Refusal refusal);  // "wrong_key"
// What an error of HubTls::KeyOf or Keyring::DerivedKey means: PermissionDenied is kBanned, FailedPrecondition
// kReplacedKey, DeadlineExceeded kExpiredKey, Unavailable kWaiting, ResourceExhausted kWholePsk, others kUnknownKey.
Refusal RefusalOfKey(const absl::Status& status);

// The error for the peer: UNAUTHENTICATED (RESOURCE_EXHAUSTED for kOverloaded), with what to check. Contains no secret.
// `peer` is the name that the peer gave itself.
absl::Status RefusalStatus(Refusal refusal, absl::string_view peer, absl::string_view detail = "");

}  // namespace orch::auth

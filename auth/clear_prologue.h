// The exchange at the start of a connection without TLS, which is allowed on loopback and unix sockets only. Before a
// byte reaches gRPC, the peer names itself and both sides prove that they hold its key; over a unix socket the kernel
// may name the peer instead. The lines:
//
//   peer  orch1/KIND/NAME/KEY_ID/HOLDS PEER_NONCE        or, over a unix socket,   orch1/user
//   hub   hub HUB_NONCE HMAC(tls key, "orch-clear-hub-v1" \n IDENTITY \n PEER_NONCE \n HUB_NONCE)
//   peer  HMAC(tls key, "orch-clear-peer-v1" \n IDENTITY \n PEER_NONCE \n HUB_NONCE)
//   hub   ok SESSION       or at any time   no REASON
//
// Nonces and MACs have 64 hexadecimal digits. Every later call over a TCP connection carries SESSION in its metadata
// (kSessionHeader), so that a new connection from the same port is never mistaken for this one.
//
// peer_prologue.h and hub_prologue.h are the two sides. Pure.
#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace orch::auth {

inline constexpr size_t kMaxPrologueLine = 640;  // without its line break
inline constexpr char kSessionHeader[] = "orch-session";
inline constexpr size_t kPrologueNonceBytes = 32;
inline constexpr size_t kPrologueHexDigits = 64;  // of a nonce, a MAC or a session
inline constexpr absl::string_view kPrologueUserLine = "orch1/user";

// The MACs with which the hub and the peer prove that they hold the TLS key, in hexadecimal digits.
std::string HubProof(absl::string_view tls_key, absl::string_view identity, absl::string_view peer_nonce,
                     absl::string_view hub_nonce);
std::string PeerProof(absl::string_view tls_key, absl::string_view identity, absl::string_view peer_nonce,
                      absl::string_view hub_nonce);

}  // namespace orch::auth

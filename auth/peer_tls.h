// The peer's side of the handshake with the hub: by key or by certificate, through TLS or, on loopback and unix
// sockets, in clear. The peer sends nothing to a hub that has not proved itself by the same key or by a certificate of
// the configured CA.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "auth/keyring.h"
#include "base/net/address.h"
#include "base/net/tunnel_security.h"
#include "base/random.h"

namespace orch::auth {

// The settings in the configuration files of peers.
struct PeerTlsOptions {
  bool plaintext = false;
  // For mTLS: all three or none.
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::string server_name;  // expected in the hub's certificate; empty: the host of the hub's address

  bool by_certificate() const { return !certificate_file.empty(); }
};
// InvalidArgument tells the setting and the remedy.
absl::Status CheckPeerTlsOptions(const PeerTlsOptions& options);

// The identity of the peer and its proof.
struct PeerCredential {
  PeerKind kind = PeerKind::kClient;
  std::string name;
  PeerKey key;           // not used with a certificate or by a local user
  bool by_user = false;  // a local user on a unix socket, whom the kernel names
};

// Makes the security of one connection to `address`. Errors name the file or setting.
absl::StatusOr<std::unique_ptr<TunnelSecurity>> MakePeerSecurity(const PeerTlsOptions& options,
                                                                 PeerCredential credential, const Address& address,
                                                                 Random* random);

}  // namespace orch::auth

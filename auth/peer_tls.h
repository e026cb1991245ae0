// A peer's side of the handshake with the hub, by key or by certificate, through TLS or, on loopback and unix sockets,
// in clear. Nothing is sent to a hub that has not proved itself: by the same key, or by a certificate of the CA that
// the configuration names.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "auth/keyring.h"
#include "base/net/address.h"
#include "base/net/tunnel.h"
#include "base/random.h"

namespace orch::auth {

// As the configuration files of peers say it.
struct PeerTlsOptions {
  bool plaintext = false;
  // mTLS: all three or none.
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::string server_name;  // expected in the hub's certificate; empty: the host of its address

  bool by_certificate() const { return !certificate_file.empty(); }
};
// InvalidArgument names the setting and the remedy.
absl::Status CheckPeerTlsOptions(const PeerTlsOptions& options);

// Who the peer is and what it proves that with.
struct PeerCredential {
  PeerKind kind = PeerKind::kClient;
  std::string name;
  PeerKey key;           // unused by certificate, and by the local user
  bool by_user = false;  // over a unix socket: the kernel says who asks
};

// For one connection to `address`. Errors name the file or setting.
absl::StatusOr<std::unique_ptr<TunnelSecurity>> MakePeerSecurity(const PeerTlsOptions& options,
                                                                 PeerCredential credential, const Address& address,
                                                                 Random* random);

}  // namespace orch::auth

// The hub's side of handshakes: which peers may begin one, with which key or certificate, and who a finished one has
// proved to be there. Begin, Judge and Finish are for the door's thread, the rest for any; thread-safe.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "auth/client_hello.h"
#include "auth/keyring.h"
#include "auth/peer.h"
#include "auth/refusal.h"
#include "auth/tls_context.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/net/tls_pump.h"

namespace orch::auth {

// Whether certificates count: not at all; beside keys; or alone.
enum class MtlsMode { kOff, kOptional, kRequired };
absl::StatusOr<MtlsMode> ParseMtlsMode(absl::string_view text);  // off, optional, required
absl::string_view MtlsModeName(MtlsMode mode);

// Why a peer is turned away, and the TLS alert that tells it (RFC 8446, section 6).
struct Rejection {
  Refusal refusal = Refusal::kMalformed;
  uint8_t alert = 0;  // 0: none is sent
  std::string name;   // what the peer calls itself; empty when it does not
  std::string detail;
};

class HubTls {
 public:
  struct Options {
    MtlsMode mode = MtlsMode::kOff;
    // These are read only where certificates count.
    std::string certificate_file;
    std::string key_file;
    std::string client_ca_file;
    std::string crl_file;              // empty: none
    std::vector<std::string> clients;  // names whose certificate may command, besides those the hub issued for clients
  };
  // Errors name the file and what is wrong: missing, unreadable, key readable by others, key of another
  // certificate, expired.
  static absl::StatusOr<std::unique_ptr<HubTls>> Load(Options options, const Keyring* keyring, const Clock* clock);

  // Reads the files again when one of them changed. On error the old ones stay in force.
  absl::Status ReloadIfChanged(bool* changed);

  // A handshake that runs. Lives as long as its SSL.
  struct Handshake {
    SslContextPtr context;
    const HubTls* tls = nullptr;
    PskIdentity identity;  // once a key was found for it
    bool found = false;
    std::string key_mark;  // Peer::key_mark of the key that was found
  };
  // Whether a whole ClientHello is worth a handshake. Ok, or `*rejection` says why not.
  bool Judge(const ClientHello& hello, Rejection* rejection) const;
  SslPtr Begin(Handshake* handshake) const;
  // Who the peer is, once the handshake is over; or `*rejection`.
  bool Finish(SSL* ssl, const Handshake& handshake, Peer* peer, Rejection* rejection) const;
  // Why a handshake failed; `error`: OpenSSL's packed error, 0 when the peer just hung up.
  static Rejection ExplainFailure(unsigned long error, const Handshake& handshake);  // NOLINT: OpenSSL's type

  // Whether a peer that was let in may stay: its key is still there, it is not banned, its certificate still holds.
  absl::Status CheckStanding(const Peer& peer) const;

  MtlsMode mode() const { return options_.mode; }

 private:
  HubTls(Options options, const Keyring* keyring, const Clock* clock);
  static int FindSession(SSL* ssl, const unsigned char* identity, size_t size, SSL_SESSION** session);
  static int SelectAlpn(SSL* ssl, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                        unsigned offered_size, void*);
  absl::Status ReadFiles();
  std::string Stamp() const;
  SslContextPtr context() const;
  bool FinishCertificate(SSL* ssl, Peer* peer, Rejection* rejection) const;
  absl::Status CheckCertificate(const Peer& peer) const;

  const Options options_;
  const absl::flat_hash_set<std::string> clients_;
  const Keyring* const keyring_;
  const Clock* const clock_;
  mutable Mutex mu_;
  SslContextPtr context_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<X509_STORE> store_ ABSL_GUARDED_BY(mu_);  // null without certificates
  std::string stamp_ ABSL_GUARDED_BY(mu_);
};

}  // namespace orch::auth

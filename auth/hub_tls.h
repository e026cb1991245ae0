// The hub's side of TLS handshakes: decides which peers may begin one, with which key or certificate, and who the peer
// is after a finished one. main owns it. Thread-safe; Begin, Judge and Finish run on the door's thread.
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

// Whether certificates are accepted: not at all, besides keys, or exclusively.
enum class MtlsMode { kOff, kOptional, kRequired };
absl::StatusOr<MtlsMode> ParseMtlsMode(absl::string_view text);  // off, optional, required
absl::string_view MtlsModeName(MtlsMode mode);

// What is done about peers that hold a whole PSK, which fits every peer of its kind.
enum class PskPolicy { kAllow, kWarn, kRefuse };
absl::StatusOr<PskPolicy> ParsePskPolicy(absl::string_view text);  // allow, warn, refuse
absl::string_view PskPolicyName(PskPolicy policy);

// Why a peer is refused, and the TLS alert for it (RFC 8446, section 6).
struct Rejection {
  Refusal refusal = Refusal::kMalformed;
  uint8_t alert = 0;  // 0: no alert
  std::string name;   // the name that the peer gave; empty if it gave none
  std::string detail;
};

class HubTls {
 public:
  struct Options {
    MtlsMode mode = MtlsMode::kOff;
    // The files are read only if certificates are accepted.
    std::string certificate_file;
    std::string key_file;
    std::string client_ca_file;
    std::string crl_file;              // empty: none
    std::vector<std::string> clients;  // names that may command by certificate, besides those issued for clients
    PskPolicy node_psk = PskPolicy::kWarn;
    PskPolicy client_psk = PskPolicy::kWarn;
  };
  // Errors name the file and the fault: missing, unreadable, a key that others may read or that belongs to another
  // certificate, expired.
  static absl::StatusOr<std::unique_ptr<HubTls>> Load(Options options, const Keyring* keyring, const Clock* clock);

  // Reads the files again if one of them has changed. After an error the old ones stay in force.
  absl::Status ReloadIfChanged(bool* changed);

  // The state of a running handshake. It must live as long as its SSL.
  struct Handshake {
    SslContextPtr context;
    const HubTls* tls = nullptr;
    PskIdentity identity;  // valid once `found`
    bool found = false;
    std::string key_mark;  // Peer::key_mark of the key that was found
  };
  // Whether a complete ClientHello may begin a handshake. False sets `*rejection`.
  bool Judge(const ClientHello& hello, Rejection* rejection) const;
  SslPtr Begin(Handshake* handshake) const;
  // Sets `*peer` after a finished handshake. False sets `*rejection`.
  bool Finish(SSL* ssl, const Handshake& handshake, Peer* peer, Rejection* rejection) const;
  // Why a handshake failed; `error` is OpenSSL's packed error, 0 if the peer hung up.
  static Rejection ExplainFailure(unsigned long error, const Handshake& handshake);  // NOLINT: OpenSSL's type

  // The key of a peer that may use it now. Errors mean what RefusalOfKey says; none contains a key.
  absl::StatusOr<std::string> KeyOf(const PskIdentity& identity) const;

  // The peer that has proved the key of this identity, with what the hub knows of it.
  Peer PeerWith(const PskIdentity& identity, std::string key_mark) const;

  // Whether a peer that is connected may stay: its key still exists, it is not banned, and its certificate is still
  // valid.
  absl::Status CheckStanding(const Peer& peer) const;

  MtlsMode mode() const { return options_.mode; }
  PskPolicy node_psk() const { return options_.node_psk; }

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
  std::vector<std::string> GroupsOf(absl::string_view name) const;  // of somebody who has logged in

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

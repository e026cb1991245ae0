// Who is calling: the credential in each RPC's metadata, and the hub's proof in return.
//
//   orch-credential: v1 kind=client name=peadmin key=k1 at=1700000000000000 nonce=32HEX cert=64HEX mac=64HEX
//
// mac = HMAC-SHA256(derived key, the lines, without a line break behind the last,
//   orch-call-v1 \n KIND \n NAME \n METHOD \n AT \n NONCE_HEX \n CERT_HEX)
// METHOD is the full one ("/orch.v1.Orchestrator/Invoke"), AT microseconds since 1970, CERT the
// SHA-256 of the DER of the TLS leaf certificate the peer was shown ("-" on a plaintext
// transport). The hub's proof is hex HMAC-SHA256(derived key, "orch-hub-proof-v1 \n NONCE_HEX \n CERT_HEX"),
// so whoever sits in between with another certificate can neither pass the call on nor answer it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "auth/keyring.h"
#include "auth/refusal.h"
#include "auth/replay_guard.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace orch::auth {

inline constexpr char kCredentialHeader[] = "orch-credential";
inline constexpr size_t kMaxCredentialBytes = 1024;
inline constexpr char kPlaintextBinding[] = "-";

// Fields as they stand in the header; hex stays hex.
struct CallCredential {
  PeerKind kind = PeerKind::kClient;
  std::string name;
  std::string key_id;
  int64_t at_us = 0;
  std::string nonce_hex;
  std::string binding;  // 64 hex or "-"
  std::string mac_hex;
};

std::string FormatCredential(const CallCredential& credential);
// InvalidArgument says which part is wrong. Strict: every field once, in any order.
absl::StatusOr<CallCredential> ParseCredential(absl::string_view header);

std::string CredentialMacHex(absl::string_view key, const CallCredential& credential, absl::string_view method);
std::string HubProofHex(absl::string_view key, absl::string_view nonce_hex, absl::string_view binding);

// An authenticated peer.
struct Caller {
  PeerKind kind = PeerKind::kClient;
  std::string name;   // identity of a node, name of a client
  std::string id;     // "psk=peadmin"; "cert=NAME" when a verified certificate says the same name
  Key key;            // the derived key it used
  std::string proof;  // for Welcome or HelloResponse
};

enum class MtlsMode { kOff, kOptional, kRequired };

// Hub side. Thread-safe.
class CallVerifier {
 public:
  struct Options {
    std::string binding = kPlaintextBinding;  // hex SHA-256 of the hub's certificate
    MtlsMode mtls = MtlsMode::kOff;
    absl::Duration skew = absl::Seconds(60);  // accepted distance of `at` from the hub's clock
  };
  CallVerifier(const Keyring* keyring, ReplayGuard* replay_guard, const Clock* clock, RefusalCounters* counters,
               Options options);

  // `method`: the RPC's full name; `header`: the credential's metadata value, empty when absent;
  // `certificate_name`: name in the verified client certificate, empty when none was shown;
  // `peer`: address, for the log. A refusal is counted, logged with its reason (rate-limited to
  // kMaxRefusalLogsPerSecond), and returned as the peer's error.
  absl::StatusOr<Caller> Verify(PeerKind expected, absl::string_view method, absl::string_view header,
                                absl::string_view certificate_name, absl::string_view peer) const;

  static constexpr int kMaxRefusalLogsPerSecond = 20;

 private:
  struct Verdict;  // why not, or nothing
  Verdict Check(PeerKind expected, absl::string_view method, absl::string_view certificate_name,
                const CallCredential& credential, std::string* key) const;
  Verdict CheckTime(const CallCredential& credential) const;
  Verdict CheckCertificate(const CallCredential& credential, absl::string_view certificate_name) const;
  Verdict CheckReplay(const CallCredential& credential) const;
  absl::Status Refuse(const Verdict& verdict, PeerKind expected, absl::string_view name, absl::string_view method,
                      absl::string_view peer) const;

  const Keyring* const keyring_;
  ReplayGuard* const replay_guard_;
  const Clock* const clock_;
  RefusalCounters* const counters_;
  const Options options_;

  mutable Mutex mu_;  // for the log's rate
  mutable absl::Duration log_second_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
  mutable int logged_ ABSL_GUARDED_BY(mu_) = 0;
  mutable int unlogged_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace orch::auth

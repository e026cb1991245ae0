#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "auth/call_credential.h"
#include "base/digest.h"
#include "base/log.h"

namespace orch::auth {

struct CallVerifier::Verdict {
  bool refused = false;
  Refusal refusal = Refusal::kMalformed;
  std::string detail;

  static Verdict Refused(Refusal why, std::string detail = "") { return {true, why, std::move(detail)}; }
};

CallVerifier::CallVerifier(const Keyring* keyring, ReplayGuard* replay_guard, const Clock* clock,
                           RefusalCounters* counters, Options options)
    : keyring_(keyring),
      replay_guard_(replay_guard),
      clock_(clock),
      counters_(counters),
      options_(std::move(options)) {}

CallVerifier::Verdict CallVerifier::CheckTime(const CallCredential& credential) const {
  const absl::Duration behind = clock_->Now() - absl::FromUnixMicros(credential.at_us);
  if (absl::AbsDuration(behind) <= options_.skew) return {};
  return Verdict::Refused(
      Refusal::kStaleClock,
      absl::StrFormat("the peer's is %.0f s %s, %.0f s are accepted",
                      std::ceil(absl::ToDoubleSeconds(absl::AbsDuration(behind))),
                      behind > absl::ZeroDuration() ? "behind" : "ahead", absl::ToDoubleSeconds(options_.skew)));
}

CallVerifier::Verdict CallVerifier::CheckCertificate(const CallCredential& credential,
                                                     absl::string_view certificate_name) const {
  if (options_.mtls == MtlsMode::kOff) return {};
  if (certificate_name.empty()) {
    return options_.mtls == MtlsMode::kRequired ? Verdict::Refused(Refusal::kNoCertificate) : Verdict();
  }
  if (certificate_name == credential.name) return {};
  return Verdict::Refused(Refusal::kIdentityMismatch, absl::StrCat("its certificate is for '", certificate_name, "'"));
}

CallVerifier::Verdict CallVerifier::CheckReplay(const CallCredential& credential) const {
  switch (replay_guard_->Check(credential.nonce_hex)) {
    case ReplayGuard::Seen::kNew:
      return {};
    case ReplayGuard::Seen::kReplay:
      return Verdict::Refused(Refusal::kReplay);
    case ReplayGuard::Seen::kFull:
      break;
  }
  return Verdict::Refused(Refusal::kOverloaded, "the memory for nonces is full");
}

// What needs no key first, then the MAC, then what only means something behind a MAC that fits.
// The nonce is remembered last, so that nobody without a key can fill the guard.
CallVerifier::Verdict CallVerifier::Check(PeerKind expected, absl::string_view method,
                                          absl::string_view certificate_name, const CallCredential& credential,
                                          std::string* key) const {
  if (credential.kind != expected) {
    return Verdict::Refused(Refusal::kWrongDoor, absl::StrCat("a ", PeerKindName(credential.kind), "'s"));
  }
  absl::StatusOr<std::string> derived = keyring_->DerivedKey(credential.key_id, credential.kind, credential.name);
  if (!derived.ok()) return Verdict::Refused(Refusal::kUnknownKey, absl::StrCat("key id ", credential.key_id));
  if (!ConstantTimeEquals(CredentialMacHex(*derived, credential, method), credential.mac_hex)) {
    return Verdict::Refused(Refusal::kWrongKey, absl::StrCat("key id ", credential.key_id));
  }
  if (credential.binding != options_.binding) return Verdict::Refused(Refusal::kForeignCertificate);
  if (Verdict time = CheckTime(credential); time.refused) return time;
  if (Verdict certificate = CheckCertificate(credential, certificate_name); certificate.refused) return certificate;
  if (Verdict replay = CheckReplay(credential); replay.refused) return replay;
  *key = *std::move(derived);
  return {};
}

absl::Status CallVerifier::Refuse(const Verdict& verdict, PeerKind expected, absl::string_view name,
                                  absl::string_view method, absl::string_view peer) const {
  counters_->Count(verdict.refusal);
  const absl::Status status = RefusalStatus(verdict.refusal, name, verdict.detail);
  int unlogged = 0;
  {
    const absl::Duration now = clock_->Steady();
    MutexLock lock(&mu_);
    if (now - log_second_ >= absl::Seconds(1)) {
      log_second_ = now;
      logged_ = 0;
    }
    if (logged_ >= kMaxRefusalLogsPerSecond) {
      ++unlogged_;
      return status;
    }
    ++logged_;
    std::swap(unlogged, unlogged_);
  }
  LogFields fields = {{"reason", std::string(RefusalName(verdict.refusal))},
                      {"expected", std::string(PeerKindName(expected))},
                      {"name", std::string(name)},
                      {"method", std::string(method)},
                      {"peer", std::string(peer)}};
  if (!verdict.detail.empty()) fields.emplace_back("detail", verdict.detail);
  if (unlogged > 0) fields.emplace_back("more_not_logged", absl::StrCat(unlogged));
  LogWarning("call refused", fields);
  return status;
}

absl::StatusOr<Caller> CallVerifier::Verify(PeerKind expected, absl::string_view method, absl::string_view header,
                                            absl::string_view certificate_name, absl::string_view peer) const {
  absl::StatusOr<CallCredential> credential = ParseCredential(header);
  if (!credential.ok()) {
    return Refuse(Verdict::Refused(Refusal::kMalformed, std::string(credential.status().message())), expected, "",
                  method, peer);
  }
  Caller caller;
  if (Verdict verdict = Check(expected, method, certificate_name, *credential, &caller.key.bytes); verdict.refused) {
    return Refuse(verdict, expected, credential->name, method, peer);
  }
  const bool certified = options_.mtls != MtlsMode::kOff && !certificate_name.empty();
  caller.kind = credential->kind;
  caller.id = absl::StrCat(certified ? "cert=" : "psk=", credential->name);
  caller.name = std::move(credential->name);
  caller.key.id = std::move(credential->key_id);
  caller.proof = HubProofHex(caller.key.bytes, credential->nonce_hex, options_.binding);
  return caller;
}

}  // namespace orch::auth

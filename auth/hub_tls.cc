#include "auth/hub_tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth/certificate.h"
#include "auth/names.h"
#include "base/digest.h"
#include "base/file_stamp.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr uint8_t kAlertUnknownPskIdentity = 115;
constexpr uint8_t kAlertCertificateRequired = 116;
constexpr uint8_t kAlertDecodeError = 50;
constexpr uint8_t kAlertAccessDenied = 49;
constexpr uint8_t kAlertUnsupportedCertificate = 43;
constexpr uint8_t kAlertCertificateRevoked = 44;
constexpr uint8_t kAlertCertificateExpired = 45;
constexpr uint8_t kAlertCertificateUnknown = 46;
constexpr int kAlertReasons = 1000;  // OpenSSL's reason for an alert that was received is 1000 + the alert

bool Reject(Rejection* rejection, Refusal refusal, uint8_t alert, absl::string_view name, std::string detail) {
  *rejection = {refusal, alert, std::string(name), std::move(detail)};
  return false;
}

// TLS has no alerts for keys that were replaced, have expired or wait; to a peer that showed a key, those for
// certificates mean that (peer_tls.cc).
uint8_t AlertOf(Refusal refusal) {
  switch (refusal) {
    case Refusal::kBanned:
      return kAlertAccessDenied;
    case Refusal::kReplacedKey:
      return kAlertCertificateRevoked;
    case Refusal::kExpiredKey:
      return kAlertCertificateExpired;
    case Refusal::kWaiting:
      return kAlertCertificateUnknown;
    case Refusal::kWholePsk:
      return kAlertUnsupportedCertificate;
    default:
      return kAlertUnknownPskIdentity;
  }
}

HubTls::Handshake* HandshakeOf(SSL* ssl) { return static_cast<HubTls::Handshake*>(SSL_get_app_data(ssl)); }

}  // namespace

absl::StatusOr<MtlsMode> ParseMtlsMode(absl::string_view text) {
  for (const MtlsMode mode : {MtlsMode::kOff, MtlsMode::kOptional, MtlsMode::kRequired}) {
    if (text == MtlsModeName(mode)) return mode;
  }
  return absl::InvalidArgumentError(absl::StrCat("mTLS mode '", text, "' is not known; use off, optional or required"));
}

absl::string_view MtlsModeName(MtlsMode mode) {
  switch (mode) {
    case MtlsMode::kOff:
      return "off";
    case MtlsMode::kOptional:
      return "optional";
    case MtlsMode::kRequired:
      break;
  }
  return "required";
}

absl::StatusOr<PskPolicy> ParsePskPolicy(absl::string_view text) {
  for (const PskPolicy policy : {PskPolicy::kAllow, PskPolicy::kWarn, PskPolicy::kRefuse}) {
    if (text == PskPolicyName(policy)) return policy;
  }
  return absl::InvalidArgumentError(absl::StrCat("'", text, "' is not known; use allow, warn or refuse"));
}

absl::string_view PskPolicyName(PskPolicy policy) {
  switch (policy) {
    case PskPolicy::kAllow:
      return "allow";
    case PskPolicy::kWarn:
      return "warn";
    case PskPolicy::kRefuse:
      break;
  }
  return "refuse";
}

HubTls::HubTls(Options options, const Keyring* keyring, const Clock* clock)
    : options_(std::move(options)),
      clients_(options_.clients.begin(), options_.clients.end()),
      keyring_(keyring),
      clock_(clock) {}

absl::StatusOr<std::unique_ptr<HubTls>> HubTls::Load(Options options, const Keyring* keyring, const Clock* clock) {
  std::unique_ptr<HubTls> tls(new HubTls(std::move(options), keyring, clock));
  ORCH_RETURN_IF_ERROR(tls->ReadFiles());
  return tls;
}

std::string HubTls::Stamp() const {
  if (options_.mode == MtlsMode::kOff) return "off";
  return absl::StrCat(FileStamp(options_.certificate_file), ";", FileStamp(options_.key_file), ";",
                      FileStamp(options_.client_ca_file), ";", FileStamp(options_.crl_file));
}

absl::Status HubTls::ReadFiles() {
  // Taken before reading, so that the next call sees a write in between.
  std::string stamp = Stamp();
  ORCH_ASSIGN_OR_RETURN(SslContextPtr context, MakeTlsContext(TlsSide::kHub));
  SSL_CTX* c = context.get();
  SSL_CTX_set_psk_find_session_callback(c, FindSession);
  SSL_CTX_set_alpn_select_cb(c, SelectAlpn, nullptr);
  // Without a session id context, every handshake by key fails with an internal error if client certificates are
  // requested.
  SSL_CTX_set_session_id_context(c, reinterpret_cast<const unsigned char*>("orch"), 4);
  std::shared_ptr<X509_STORE> store;
  if (options_.mode != MtlsMode::kOff) {
    ORCH_RETURN_IF_ERROR(UseIdentity(c, options_.certificate_file, options_.key_file, clock_->Now()));
    ORCH_ASSIGN_OR_RETURN(X509StorePtr loaded, LoadStore("client CA", options_.client_ca_file, options_.crl_file));
    store = std::shared_ptr<X509_STORE>(loaded.release(), X509StoreDeleter());
    SSL_CTX_set1_verify_cert_store(c, store.get());
    SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  MutexLock lock(&mu_);
  context_ = std::move(context);
  store_ = std::move(store);
  stamp_ = std::move(stamp);
  return absl::OkStatus();
}

absl::Status HubTls::ReloadIfChanged(bool* changed) {
  *changed = false;
  {
    MutexLock lock(&mu_);
    if (Stamp() == stamp_) return absl::OkStatus();
  }
  ORCH_RETURN_IF_ERROR(ReadFiles());
  *changed = true;
  return absl::OkStatus();
}

SslContextPtr HubTls::context() const {
  MutexLock lock(&mu_);
  return context_;
}

bool HubTls::Judge(const ClientHello& hello, Rejection* rejection) const {
  switch (hello.kind) {
    case ClientHello::Kind::kIncomplete:
    case ClientHello::Kind::kGarbage:
      return Reject(rejection, Refusal::kMalformed, kAlertDecodeError, "", "no TLS 1.3 ClientHello");
    case ClientHello::Kind::kCertificate:
      if (options_.mode != MtlsMode::kOff) return true;
      return Reject(rejection, Refusal::kNoKey, kAlertUnknownPskIdentity, "", "it named no key, and mtls.mode is off");
    case ClientHello::Kind::kPsk:
      break;
  }
  PskIdentity identity;
  if (!PskIdentity::Parse(hello.psk_identity, &identity)) {
    return Reject(rejection, Refusal::kMalformed, kAlertUnknownPskIdentity, "", "its key's identity cannot be read");
  }
  if (options_.mode == MtlsMode::kRequired) {
    return Reject(rejection, Refusal::kNoCertificate, kAlertCertificateRequired, identity.name, "");
  }
  absl::StatusOr<std::string> key = KeyOf(identity);
  if (key.ok()) {
    Wipe(&*key);
    return true;
  }
  const Refusal refusal = RefusalOfKey(key.status());
  return Reject(rejection, refusal, AlertOf(refusal), identity.name,
                refusal == Refusal::kBanned       ? ""
                : refusal == Refusal::kUnknownKey ? absl::StrCat("key id ", identity.key_id)
                                                  : std::string(key.status().message()));
}

absl::StatusOr<std::string> HubTls::KeyOf(const PskIdentity& identity) const {
  if (keyring_->IsBanned(identity.kind, identity.name)) {
    return absl::PermissionDeniedError(absl::StrCat("'", identity.name, "' is banned on this hub"));
  }
  const PskPolicy policy = identity.kind == PeerKind::kNode ? options_.node_psk : options_.client_psk;
  if (identity.whole_psk && policy == PskPolicy::kRefuse) {
    return absl::ResourceExhaustedError(absl::StrCat("security.", PeerKindName(identity.kind), "_psk is refuse"));
  }
  const int64_t now_s = absl::ToUnixSeconds(clock_->Now());
  if (identity.terms.expires_s != 0 && now_s >= identity.terms.expires_s) {
    return absl::DeadlineExceededError(absl::StrCat("it ended at ", ExpiryText(identity.terms.expires_s),
                                                    ", and the hub's clock says ", ExpiryText(now_s)));
  }
  return keyring_->DerivedKey(identity.key_id, identity.kind, identity.name, identity.terms);
}

SslPtr HubTls::Begin(Handshake* handshake) const {
  handshake->context = context();
  handshake->tls = this;
  SslPtr ssl(SSL_new(handshake->context.get()));
  if (ssl == nullptr) return ssl;
  SSL_set_accept_state(ssl.get());
  SSL_set_app_data(ssl.get(), handshake);
  return ssl;
}

int HubTls::FindSession(SSL* ssl, const unsigned char* identity, size_t size, SSL_SESSION** session) {
  *session = nullptr;
  Handshake* const handshake = HandshakeOf(ssl);
  const HubTls& tls = *handshake->tls;
  handshake->found = false;
  // 0 ends the handshake. 1 without a session would continue by certificate, which is wrong for an unknown key.
  if (tls.options_.mode == MtlsMode::kRequired) return 0;
  if (!PskIdentity::Parse({reinterpret_cast<const char*>(identity), size}, &handshake->identity)) return 0;
  absl::StatusOr<std::string> derived = tls.KeyOf(handshake->identity);
  if (!derived.ok()) return 0;
  std::string tls_key = TlsKey(*derived);
  *session = MakePskSession(ssl, tls_key);
  handshake->key_mark = Sha256(tls_key);
  Wipe(&tls_key);
  Wipe(&*derived);
  handshake->found = *session != nullptr;
  return handshake->found ? 1 : 0;
}

int HubTls::SelectAlpn(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                       unsigned offered_size, void*) {
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, size, kAlpnH2, sizeof kAlpnH2, offered, offered_size);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

std::vector<std::string> HubTls::GroupsOf(absl::string_view name) const {
  return keyring_->FindLogin(name).value_or(KeySource::Login()).groups;
}

Peer HubTls::PeerWith(const PskIdentity& identity, std::string key_mark) const {
  Peer peer = PeerOf(identity, std::move(key_mark));
  if (peer.oidc) peer.oidc_groups = GroupsOf(peer.name);
  return peer;
}

bool HubTls::Finish(SSL* ssl, const Handshake& handshake, Peer* peer, Rejection* rejection) const {
  if (!SpeaksH2(ssl)) return Reject(rejection, Refusal::kMalformed, 0, "", "it does not ask for HTTP/2 by ALPN");
  if (SSL_session_reused(ssl) != 1) return FinishCertificate(ssl, peer, rejection);
  if (!handshake.found) return Reject(rejection, Refusal::kUnknownKey, 0, "", "");
  *peer = PeerWith(handshake.identity, handshake.key_mark);
  // The keys may have been reloaded since the first bytes.
  const absl::Status standing = CheckStanding(*peer);
  if (standing.ok()) return true;
  return Reject(rejection, RefusalOfKey(standing), 0, peer->name, std::string(standing.message()));
}

bool HubTls::FinishCertificate(SSL* ssl, Peer* peer, Rejection* rejection) const {
  X509* const certificate = SSL_get0_peer_certificate(ssl);
  if (options_.mode == MtlsMode::kOff || certificate == nullptr || SSL_get_verify_result(ssl) != X509_V_OK) {
    return Reject(rejection, Refusal::kNoCertificate, 0, "", "");
  }
  const STACK_OF(X509)* chain = SSL_get0_verified_chain(ssl);
  // A URI name counts only if the hub's own authority issued it; others may let their clients choose it.
  const bool ours = sk_X509_num(chain) == 2 && IsOwnAuthority(sk_X509_value(chain, 1));
  const CertificateIdentity who = IdentityOf(certificate, ours);
  peer->name = who.name;
  peer->proof = Proof::kCertificate;
  // A certificate that the hub issued tells its purpose. One of a site's own CA belongs to a node and may command only
  // if the configuration lists its name, because the secret of a node must never suffice to command.
  peer->client = who.issued_for.has_value() ? *who.issued_for == PeerKind::kClient : clients_.contains(who.name);
  peer->node = !who.issued_for.has_value() || *who.issued_for == PeerKind::kNode;
  if (!IsPeerName(peer->client ? PeerKind::kClient : PeerKind::kNode, who.name)) {
    return Reject(rejection, Refusal::kIdentityMismatch, 0, "", "the name in its certificate cannot be a peer's name");
  }
  if (peer->node) peer->labels = LabelsOf(certificate);
  for (int i = 0; i < sk_X509_num(chain); ++i) peer->chain_der.push_back(DerOf(sk_X509_value(chain, i)));
  const absl::Status standing = CheckStanding(*peer);
  if (standing.ok()) return true;
  return Reject(rejection, absl::IsPermissionDenied(standing) ? Refusal::kBanned : Refusal::kBadCertificate, 0,
                who.name, std::string(standing.message()));
}

absl::Status HubTls::CheckStanding(const Peer& peer) const {
  if (peer.proof == Proof::kUser) return absl::OkStatus();
  if ((peer.node && keyring_->IsBanned(PeerKind::kNode, peer.name)) ||
      (peer.client && keyring_->IsBanned(peer.oidc ? PeerKind::kOidc : PeerKind::kClient, peer.name))) {
    return absl::PermissionDeniedError(absl::StrCat("'", peer.name, "' is banned on this hub"));
  }
  if (peer.proof == Proof::kCertificate) return CheckCertificate(peer);
  absl::StatusOr<std::string> key = KeyOf(IdentityOf(peer));
  if (!key.ok() && !absl::IsNotFound(key.status())) return key.status();
  const bool same = key.ok() && Sha256(TlsKey(*key)) == peer.key_mark;
  if (key.ok()) Wipe(&*key);
  if (same && peer.oidc && GroupsOf(peer.name) != peer.oidc_groups) {
    return absl::FailedPreconditionError("a later login of the same name has other groups; connect again");
  }
  if (same) return absl::OkStatus();
  return absl::UnauthenticatedError(
      absl::StrCat("key ", peer.key_id, " is no longer in the hub's credentials; give the peer the new one"));
}

absl::Status HubTls::CheckCertificate(const Peer& peer) const {
  std::shared_ptr<X509_STORE> store;
  {
    MutexLock lock(&mu_);
    store = store_;
  }
  if (store == nullptr || peer.chain_der.empty()) return absl::UnauthenticatedError("certificates no longer count");
  const X509Ptr certificate = CertificateFromDer(peer.chain_der.front());
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> others(
      sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_pop_free(stack, X509_free); });
  for (size_t i = 1; i < peer.chain_der.size(); ++i) {
    if (X509Ptr other = CertificateFromDer(peer.chain_der[i])) sk_X509_push(others.get(), other.release());
  }
  const std::unique_ptr<X509_STORE_CTX, void (*)(X509_STORE_CTX*)> check(X509_STORE_CTX_new(), X509_STORE_CTX_free);
  if (certificate == nullptr || check == nullptr ||
      X509_STORE_CTX_init(check.get(), store.get(), certificate.get(), others.get()) != 1) {
    return absl::InternalError("cannot verify a certificate");
  }
  X509_STORE_CTX_set_purpose(check.get(), X509_PURPOSE_SSL_CLIENT);
  const bool good = X509_verify_cert(check.get()) == 1;
  const int error = X509_STORE_CTX_get_error(check.get());
  ERR_clear_error();
  if (good) return absl::OkStatus();
  return absl::UnauthenticatedError(absl::StrCat("its certificate is refused: ", X509_verify_cert_error_string(error)));
}

Rejection HubTls::ExplainFailure(unsigned long error, const Handshake& handshake) {  // NOLINT: OpenSSL's type
  const std::string& name = handshake.identity.name;
  if (error == 0) return {Refusal::kMalformed, 0, name, "it hung up in the handshake"};
  const int reason = ERR_GET_REASON(error);
  const char* text = ERR_reason_error_string(error);
  const std::string detail = text == nullptr ? "TLS error" : text;
  switch (reason) {
    case SSL_R_BINDER_DOES_NOT_VERIFY:
      return {Refusal::kWrongKey, 0, name, absl::StrCat("key id ", handshake.identity.key_id)};
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return {Refusal::kNoCertificate, 0, name, ""};
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return {Refusal::kBadCertificate, 0, name, detail};
    default:
      break;
  }
  if (reason > kAlertReasons) return {Refusal::kMalformed, 0, name, absl::StrCat("it ended the handshake: ", detail)};
  return {Refusal::kMalformed, 0, name, detail};
}

}  // namespace orch::auth

#include "auth/peer_tls.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/clear_prologue.h"
#include "auth/openssl_ptr.h"
#include "auth/peer.h"
#include "auth/peer_prologue.h"
#include "auth/tls_context.h"
#include "base/net/tunnel_security.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr int kPeerAlertReasons = 1000;  // OpenSSL's reason for an alert that was received is 1000 + the alert

PskIdentity IdentityOf(const PeerCredential& who) {
  return {who.kind, who.name, who.key.key.id, who.key.from_psk, who.key.key.terms};
}

// Explains an alert about a key to a peer that showed one; OK for any other alert.
absl::Status ExplainKeyAlert(int alert, const PeerCredential& who, const std::string& key, const std::string& remedy) {
  switch (alert) {
    case SSL_AD_CERTIFICATE_EXPIRED:
      return absl::UnauthenticatedError(absl::StrCat(
          "refused (expired_key): ", key, " has ended, at ", ExpiryText(who.key.key.terms.expires_s),
          " by the hub's clock; if this host's clock says less (date -u), one of the two is wrong", remedy));
    case SSL_AD_CERTIFICATE_REVOKED:
      return absl::UnauthenticatedError(
          absl::StrCat("refused (replaced_key): ", key, " was replaced by a newer one", remedy));
    case SSL_AD_CERTIFICATE_UNKNOWN:
      return absl::UnauthenticatedError(
          absl::StrCat("refused (waiting): ", key,
                       " waits for approval; an administrator decides: orchctl node approve ", who.name));
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
      return absl::UnauthenticatedError(
          absl::StrCat("refused (whole_psk): this side holds a whole pre-shared key, which the hub does not take (",
                       "security.", PeerKindName(who.kind), "_psk)", remedy));
    default:
      return absl::OkStatus();
  }
}

// Explains an alert to a node that enrols.
absl::Status ExplainTokenAlert(int alert) {
  switch (alert) {
    case SSL_AD_UNKNOWN_PSK_IDENTITY:
    case SSL_AD_ILLEGAL_PARAMETER:
    case SSL_AD_DECRYPT_ERROR:
      return absl::UnauthenticatedError(
          "refused: the hub does not know this token: it has ended, was revoked, is mistyped, or is of another hub; "
          "'orchctl node token' makes a new one");
    default:
      return absl::OkStatus();
  }
}

// Explains an alert to somebody who logs in or has logged in.
absl::Status ExplainLoginAlert(int alert, const PeerCredential& who) {
  const bool unknown =
      alert == SSL_AD_UNKNOWN_PSK_IDENTITY || alert == SSL_AD_ILLEGAL_PARAMETER || alert == SSL_AD_DECRYPT_ERROR;
  if (who.kind == PeerKind::kLogin && unknown) {
    return absl::UnauthenticatedError(
        "refused: the hub does not know this login key: its PSK was retired, or it is of another hub; 'orch-hub key "
        "login' on the hub prints the one for client.yaml");
  }
  if (unknown || alert == SSL_AD_CERTIFICATE_EXPIRED || alert == SSL_AD_CERTIFICATE_REVOKED) {
    return absl::UnauthenticatedError(absl::StrCat("refused: the login of ", who.name,
                                                   " is over at the hub; run 'orchctl login' again, or 'orchctl "
                                                   "logout' to go on without one"));
  }
  return absl::OkStatus();
}

// Explains the hub's alerts (RFC 8446, section 6) to the operator of this peer.
absl::Status ExplainAlert(int alert, const PeerCredential& who, bool by_certificate) {
  const std::string key =
      absl::StrCat("the key of ", PeerKindName(who.kind), " '", who.name, "' (key id ", who.key.key.id, ")");
  const std::string remedy = absl::StrCat("; on the hub, 'orch-hub key ", PeerKindName(who.kind), " ", who.name,
                                          "' prints the line for this side's credentials file");
  absl::Status explained;
  if (who.kind == PeerKind::kToken) {
    explained = ExplainTokenAlert(alert);
  } else if (who.kind == PeerKind::kLogin || who.kind == PeerKind::kOidc) {
    explained = ExplainLoginAlert(alert, who);
  } else if (!by_certificate) {
    explained = ExplainKeyAlert(alert, who, key, remedy);
  }
  if (!explained.ok()) return explained;
  switch (alert) {
    case SSL_AD_UNKNOWN_PSK_IDENTITY:
      return absl::UnauthenticatedError(absl::StrCat("refused (unknown_key): the hub does not know ", key, remedy));
    case SSL_AD_ILLEGAL_PARAMETER:
    case SSL_AD_DECRYPT_ERROR:
      return absl::UnauthenticatedError(absl::StrCat("refused (wrong_key): ", key, " is not the hub's", remedy));
    case SSL_AD_CERTIFICATE_REQUIRED:
      return absl::UnauthenticatedError(
          "refused (no_certificate): the hub takes certificates only (mtls.mode: required); set tls.certificate, "
          "tls.key and tls.ca");
    case SSL_AD_ACCESS_DENIED:
      return absl::UnauthenticatedError(absl::StrCat("refused (banned): '", who.name, "' is banned on the hub"));
    case SSL_AD_CERTIFICATE_EXPIRED:
      return absl::UnauthenticatedError("refused (bad_certificate): this side's certificate has expired; renew it");
    case SSL_AD_CERTIFICATE_REVOKED:
      return absl::UnauthenticatedError("refused (bad_certificate): this side's certificate is revoked");
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_UNKNOWN:
      return absl::UnauthenticatedError(
          "refused (bad_certificate): the hub does not accept this side's certificate; its client CA (mtls.ca) must "
          "have signed it, for clients");
    default:
      return absl::UnavailableError(absl::StrCat("the hub ended the TLS handshake (alert ", alert,
                                                 "); check the versions of both sides and the hub's log"));
  }
}

absl::Status ExplainError(unsigned long error, const PeerCredential& who, const PeerTlsOptions& options) {  // NOLINT
  if (error == 0) {
    return absl::UnavailableError(
        "it closed the connection in the handshake; check that an orch hub with TLS listens there, and its log");
  }
  const int reason = ERR_GET_REASON(error);
  if (reason > kPeerAlertReasons) return ExplainAlert(reason - kPeerAlertReasons, who, options.by_certificate());
  switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      if (options.by_certificate()) {
        return absl::UnauthenticatedError(absl::StrCat(
            "what listens there shows a certificate that ", options.ca_file,
            " does not vouch for, or for another host; set the right tls.ca and tls.server_name, or somebody sits in "
            "between"));
      }
      [[fallthrough]];
    case SSL_R_TLSV1_ALERT_NO_RENEGOTIATION:
      return absl::UnauthenticatedError(absl::StrCat(
          "the hub did not prove that it holds the key of '", who.name, "' (key id ", who.key.key.id,
          "): what listens there shows a certificate instead. It is no orch hub, or somebody sits in between"));
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
      return absl::UnavailableError(
          "what listens there does not speak TLS; check the port, or set tls.mode to plaintext if the hub runs so "
          "(loopback only)");
    default:
      break;
  }
  const char* text = ERR_reason_error_string(error);
  return absl::UnavailableError(absl::StrCat("the TLS handshake failed: ", text == nullptr ? "unknown" : text,
                                             "; check that an orch hub of a version that fits listens there"));
}

class PeerTls final : public TunnelSecurity {
 public:
  PeerTls(PeerTlsOptions options, PeerCredential credential, SslContextPtr context, std::string host)
      : options_(std::move(options)),
        credential_(std::move(credential)),
        context_(std::move(context)),
        identity_(IdentityOf(credential_).Text()),
        host_(std::move(host)) {}

  bool in_clear() const override { return false; }

  absl::StatusOr<SslPtr> BeginTls() override {
    SslPtr ssl(SSL_new(context_.get()));
    if (ssl == nullptr) return absl::InternalError("cannot make a TLS connection");
    SSL_set_connect_state(ssl.get());
    SSL_set_app_data(ssl.get(), this);
    if (!options_.by_certificate()) return ssl;
    // The address or name that the hub's certificate must have (RFC 6125).
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host_.c_str()) != 1) {
      ERR_clear_error();
      SSL_set1_host(ssl.get(), host_.c_str());
      SSL_set_tlsext_host_name(ssl.get(), host_.c_str());
    }
    return ssl;
  }

  // SSL_session_reused is the only sign that the key was used.
  absl::Status CheckTls(SSL* ssl) override {
    if (!SpeaksH2(ssl)) return absl::UnavailableError("what listens there does not speak HTTP/2; check the port");
    const bool by_key = SSL_session_reused(ssl) == 1 && SSL_get0_peer_certificate(ssl) == nullptr;
    const bool by_certificate = SSL_get0_peer_certificate(ssl) != nullptr && SSL_get_verify_result(ssl) == X509_V_OK;
    if (options_.by_certificate() ? by_certificate : by_key) return absl::OkStatus();
    return ExplainError(ERR_PACK(ERR_LIB_SSL, 0, SSL_R_CERTIFICATE_VERIFY_FAILED), credential_, options_);
  }

  absl::Status ExplainTls(unsigned long error) override {  // NOLINT: OpenSSL's type
    return ExplainError(error, credential_, options_);
  }

  std::string FirstLine() override { return ""; }
  absl::StatusOr<Step> OnLine(absl::string_view) override {
    return absl::InternalError("lines are exchanged in clear only");
  }

  // OpenSSL calls this with a null `digest` for the first ClientHello, and again with that of the suite after a retry.
  static int UseSession(SSL* ssl, const EVP_MD* digest, const unsigned char** identity, size_t* size,
                        SSL_SESSION** session) {
    *session = nullptr;
    const auto* self = static_cast<const PeerTls*>(SSL_get_app_data(ssl));
    if (digest != nullptr && EVP_MD_is_a(digest, "SHA256") != 1) return 1;
    std::string tls_key = TlsKey(self->credential_.key.key.bytes);
    *session = MakePskSession(ssl, tls_key);
    Wipe(&tls_key);
    *identity = reinterpret_cast<const unsigned char*>(self->identity_.data());
    *size = self->identity_.size();
    return *session != nullptr ? 1 : 0;
  }

 private:
  const PeerTlsOptions options_;
  const PeerCredential credential_;
  const SslContextPtr context_;
  const std::string identity_;
  const std::string host_;
};

class PeerInClear final : public TunnelSecurity {
 public:
  explicit PeerInClear(PeerPrologue prologue) : prologue_(std::move(prologue)) {}
  bool in_clear() const override { return true; }
  absl::StatusOr<SslPtr> BeginTls() override { return absl::InternalError("this connection goes in clear"); }
  absl::Status CheckTls(SSL*) override { return absl::InternalError("this connection goes in clear"); }
  absl::Status ExplainTls(unsigned long) override {  // NOLINT: OpenSSL's type
    return absl::InternalError("this connection goes in clear");
  }
  std::string FirstLine() override { return prologue_.FirstLine(); }
  absl::StatusOr<Step> OnLine(absl::string_view line) override {
    ORCH_ASSIGN_OR_RETURN(PeerPrologue::Step step, prologue_.OnLine(line));
    return Step{step.done, std::move(step.say), std::move(step.session)};
  }

 private:
  PeerPrologue prologue_;
};

}  // namespace

absl::Status CheckPeerTlsOptions(const PeerTlsOptions& options) {
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return absl::InvalidArgumentError("tls.certificate and tls.key belong together; set both or none");
  }
  if (options.by_certificate() == options.ca_file.empty()) {
    return absl::InvalidArgumentError(
        options.ca_file.empty()
            ? "tls.certificate needs tls.ca, the CA that signed the hub's certificate: nothing is sent to a hub that "
              "has "
              "not proved itself"
            : "tls.ca goes with tls.certificate and tls.key; without them the key proves both sides, so leave it out");
  }
  if (options.plaintext && options.by_certificate()) {
    return absl::InvalidArgumentError("tls.mode plaintext and tls.certificate exclude each other; leave one out");
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<TunnelSecurity>> MakePeerSecurity(const PeerTlsOptions& options,
                                                                 PeerCredential credential, const Address& address,
                                                                 Random* random) {
  ORCH_RETURN_IF_ERROR(CheckPeerTlsOptions(options));
  if (credential.by_user) return std::make_unique<PeerInClear>(PeerPrologue(credential.name));
  if (options.plaintext || address.kind == Address::Kind::kUnix) {
    ORCH_RETURN_IF_ERROR(CheckPlaintextAddress(address));
    return std::make_unique<PeerInClear>(PeerPrologue(IdentityOf(credential), credential.key.key.bytes, random));
  }
  ORCH_ASSIGN_OR_RETURN(SslContextPtr context, MakeTlsContext(TlsSide::kPeer));
  SSL_CTX_set_alpn_protos(context.get(), kAlpnH2, sizeof kAlpnH2);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (options.by_certificate()) {
    // The validity of our own certificate is not checked here, because the hub decides by its own clock.
    ORCH_RETURN_IF_ERROR(
        UseIdentity(context.get(), options.certificate_file, options.key_file, absl::InfiniteFuture()));
    ORCH_ASSIGN_OR_RETURN(X509StorePtr roots, LoadStore("CA file", options.ca_file, ""));
    SSL_CTX_set1_verify_cert_store(context.get(), roots.get());
  } else {
    // No root is trusted, so a hub that answers with a certificate instead of the key fails, and again in CheckTls.
    SSL_CTX_set_psk_use_session_callback(context.get(), PeerTls::UseSession);
  }
  std::string host = options.server_name.empty() ? address.host : options.server_name;
  return std::make_unique<PeerTls>(options, std::move(credential), std::move(context), std::move(host));
}

}  // namespace orch::auth

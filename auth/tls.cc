#include "auth/tls.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "auth/certificate.h"
#include "auth/new_file.h"
#include "auth/self_signed.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr size_t kMaxPemBytes = 1u << 20;

absl::Status About(absl::string_view what, const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(what, " ", path, ": ", status.message()));
}

// A certificate and its key, as PEM.
struct Identity {
  std::string certificate_pem;
  std::string key_pem;
};

// `now` unset: the dates are not looked at.
absl::StatusOr<std::string> ReadCertificates(absl::string_view what, const std::string& path,
                                             std::optional<absl::Time> now) {
  ORCH_ASSIGN_OR_RETURN(std::string pem, ReadFile(path, kMaxPemBytes));
  absl::StatusOr<X509Ptr> certificate = ParseCertificate(pem);
  if (!certificate.ok()) return About(what, path, certificate.status());
  const absl::Status valid = now.has_value() ? CheckValidity(certificate->get(), *now) : absl::OkStatus();
  if (!valid.ok()) return About(what, path, valid);
  return pem;
}

absl::StatusOr<Identity> ReadIdentity(const std::string& certificate_file, const std::string& key_file,
                                      std::optional<absl::Time> now) {
  Identity identity;
  ORCH_ASSIGN_OR_RETURN(identity.certificate_pem, ReadCertificates("TLS certificate", certificate_file, now));
  ORCH_RETURN_IF_ERROR(CheckSecretFile(key_file, "TLS key"));
  ORCH_ASSIGN_OR_RETURN(identity.key_pem, ReadFile(key_file, kMaxPemBytes));
  absl::StatusOr<PkeyPtr> key = ParsePrivateKey(identity.key_pem);
  if (!key.ok()) return About("TLS key", key_file, key.status());
  ORCH_ASSIGN_OR_RETURN(const X509Ptr certificate, ParseCertificate(identity.certificate_pem));
  if (X509_check_private_key(certificate.get(), key->get()) != 1) {
    ERR_clear_error();
    return absl::FailedPreconditionError(absl::StrCat("TLS key ", key_file, " does not belong to certificate ",
                                                      certificate_file, "; set the pair that was made together"));
  }
  return identity;
}

// Looks at what the handshake has shown. Takes any certificate unless a name is to be checked.
class HubCertificateVerifier final : public grpc::experimental::ExternalCertificateVerifier {
 public:
  HubCertificateVerifier(bool check_name, std::string server_name)
      : check_name_(check_name), server_name_(std::move(server_name)) {}

  bool Verify(grpc::experimental::TlsCustomVerificationCheckRequest* request, std::function<void(grpc::Status)>,
              grpc::Status* sync_status) override {
    *sync_status = check_name_ ? CheckName(request) : grpc::Status::OK;
    return true;  // decided at once
  }
  void Cancel(grpc::experimental::TlsCustomVerificationCheckRequest*) override {}

 private:
  grpc::Status CheckName(grpc::experimental::TlsCustomVerificationCheckRequest* request) const {
    const grpc::string_ref shown = request->peer_cert();
    const grpc::string_ref target = request->target_name();
    const std::string host = server_name_.empty() ? HostOf({target.data(), target.size()}) : server_name_;
    absl::StatusOr<X509Ptr> certificate = ParseCertificate({shown.data(), shown.size()});
    if (certificate.ok() && CertificateFitsHost(certificate->get(), host)) return grpc::Status::OK;
    return grpc::Status(grpc::StatusCode::UNAUTHENTICATED,
                        absl::StrCat("the hub's certificate is not for '", host,
                                     "'; connect by the name in it, or set the server name to expect"));
  }
  static std::string HostOf(absl::string_view target) {
    if (absl::ConsumePrefix(&target, "[")) return std::string(target.substr(0, target.find(']')));
    const size_t colon = target.find(':');
    return std::string(target.find(':', colon + 1) == absl::string_view::npos ? target.substr(0, colon) : target);
  }

  const bool check_name_;
  const std::string server_name_;
};

}  // namespace

absl::StatusOr<ServerTls> LoadServerTls(const ServerTlsOptions& options, absl::Time now) {
  ORCH_ASSIGN_OR_RETURN(Identity identity, ReadIdentity(options.certificate_file, options.key_file, now));
  // A peer without a certificate is let through the handshake also where one is required:
  // CallVerifier then refuses each call with a reason, where TLS would only hang up.
  grpc::SslServerCredentialsOptions ssl(options.mtls == MtlsMode::kOff
                                            ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                            : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
  if (options.mtls != MtlsMode::kOff) {
    if (options.client_ca_file.empty()) {
      return absl::FailedPreconditionError(absl::StrCat("mTLS is ", MtlsModeName(options.mtls),
                                                        " but no client CA file is set; set it or turn mTLS off"));
    }
    ORCH_ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadCertificates("client CA", options.client_ca_file, now));
  }
  ServerTls tls;
  ORCH_ASSIGN_OR_RETURN(tls.binding, CertificateBinding(identity.certificate_pem));
  ssl.pem_key_cert_pairs.push_back({std::move(identity.key_pem), std::move(identity.certificate_pem)});
  tls.credentials = grpc::SslServerCredentials(ssl);
  return tls;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeChannelCredentials(const ChannelTlsOptions& options) {
  if (options.plaintext) return grpc::InsecureChannelCredentials();
  if (options.certificate_file.empty() != options.key_file.empty()) {
    return absl::InvalidArgumentError("a client certificate needs both files, certificate and key; set both or none");
  }
  const bool by_ca = !options.ca_file.empty();
  std::string roots;
  std::vector<grpc::experimental::IdentityKeyCertPair> pairs;
  // Own certificates are not dated here: the hub decides by its own clock.
  if (by_ca) {
    ORCH_ASSIGN_OR_RETURN(roots, ReadFile(options.ca_file, kMaxPemBytes));
    absl::StatusOr<X509Ptr> root = ParseCertificate(roots);
    if (!root.ok()) return About("CA file", options.ca_file, root.status());
  } else {
    // Nothing is verified by it. Without any root gRPC would read and parse the system's whole
    // bundle first: 29 ms and 1 MB for each program that connects (measured on 2 GHz).
    ORCH_ASSIGN_OR_RETURN(roots, MakeThrowawayRoot());
  }
  if (!options.key_file.empty()) {
    ORCH_ASSIGN_OR_RETURN(Identity identity, ReadIdentity(options.certificate_file, options.key_file, std::nullopt));
    pairs.push_back({std::move(identity.key_pem), std::move(identity.certificate_pem)});
  }
  grpc::experimental::TlsChannelCredentialsOptions tls;
  const bool own = !pairs.empty();
  tls.set_certificate_provider(std::make_shared<grpc::experimental::StaticDataCertificateProvider>(roots, pairs));
  tls.watch_root_certs();
  if (own) tls.watch_identity_key_cert_pairs();
  tls.set_verify_server_certs(by_ca);
  tls.set_check_call_host(false);
  tls.set_certificate_verifier(
      grpc::experimental::ExternalCertificateVerifier::Create<HubCertificateVerifier>(by_ca, options.server_name));
  return grpc::experimental::TlsCredentials(tls);
}

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

}  // namespace orch::auth

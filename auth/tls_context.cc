#include "auth/tls_context.h"

#include <openssl/pem.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "auth/certificate.h"
#include "auth/keyring.h"
#include "auth/new_file.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr size_t kMaxListBytes = 16u << 20;  // a large site's revocation list has megabytes
constexpr char kSuites[] = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";
constexpr char kGroups[] = "X25519:P-256";
constexpr unsigned char kAes128GcmSha256[] = {0x13, 0x01};

absl::Status AboutFile(absl::string_view what, const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(what, " ", path, ": ", status.message()));
}

// Adds all certificates of the text; there must be at least one.
absl::Status AddCertificates(absl::string_view pem, X509_STORE* store) {
  const BioPtr bio = BioOver(pem);
  int count = 0;
  while (true) {
    const X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (certificate == nullptr) break;
    X509_STORE_add_cert(store, certificate.get());
    ++count;
  }
  ERR_clear_error();
  return count > 0 ? absl::OkStatus() : absl::InvalidArgumentError("no PEM certificate in it");
}

absl::Status AddRevocations(absl::string_view pem, X509_STORE* store) {
  const BioPtr bio = BioOver(pem);
  int count = 0;
  while (true) {
    X509_CRL* list = PEM_read_bio_X509_CRL(bio.get(), nullptr, nullptr, nullptr);
    if (list == nullptr) break;
    X509_STORE_add_crl(store, list);
    X509_CRL_free(list);
    ++count;
  }
  ERR_clear_error();
  if (count == 0) return absl::InvalidArgumentError("no PEM revocation list (X509 CRL) in it");
  // Checks every certificate of a chain for whose issuer the file has a list.
  X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK | (count > 1 ? X509_V_FLAG_CRL_CHECK_ALL : 0));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SslContextPtr> MakeTlsContext(TlsSide side) {
  SslContextPtr context(SSL_CTX_new(side == TlsSide::kHub ? TLS_server_method() : TLS_client_method()),
                        SslContextDeleter());
  if (context == nullptr) return absl::InternalError(absl::StrCat("cannot set TLS up: ", TakeOpensslError()));
  SSL_CTX* c = context.get();
  if (SSL_CTX_set_min_proto_version(c, TLS1_3_VERSION) != 1 || SSL_CTX_set_ciphersuites(c, kSuites) != 1 ||
      SSL_CTX_set1_groups_list(c, kGroups) != 1 || SSL_CTX_set_num_tickets(c, 0) != 1) {
    return absl::InternalError(absl::StrCat("cannot set TLS up: ", TakeOpensslError()));
  }
  SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(c, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_max_early_data(c, 0);
  return context;
}

SSL_SESSION* MakePskSession(SSL* ssl, absl::string_view tls_key) {
  SSL_SESSION* session = SSL_SESSION_new();
  const SSL_CIPHER* cipher = SSL_CIPHER_find(ssl, kAes128GcmSha256);
  if (session != nullptr && cipher != nullptr &&
      SSL_SESSION_set1_master_key(session, reinterpret_cast<const unsigned char*>(tls_key.data()), tls_key.size()) ==
          1 &&
      SSL_SESSION_set_cipher(session, cipher) == 1 && SSL_SESSION_set_protocol_version(session, TLS1_3_VERSION) == 1) {
    return session;
  }
  SSL_SESSION_free(session);
  return nullptr;
}

bool SpeaksH2(const SSL* ssl) {
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl, &protocol, &size);
  return absl::string_view(reinterpret_cast<const char*>(protocol), size) == "h2";
}

absl::Status UseIdentity(SSL_CTX* context, const std::string& certificate_file, const std::string& key_file,
                         absl::Time now) {
  ORCH_ASSIGN_OR_RETURN(const std::string certificate_pem, ReadFile(certificate_file, kMaxListBytes));
  absl::StatusOr<X509Ptr> certificate = ParseCertificate(certificate_pem);
  if (!certificate.ok()) return AboutFile("TLS certificate", certificate_file, certificate.status());
  const absl::Status valid = now == absl::InfiniteFuture() ? absl::OkStatus() : CheckValidity(certificate->get(), now);
  if (!valid.ok()) return AboutFile("TLS certificate", certificate_file, valid);
  ORCH_RETURN_IF_ERROR(CheckSecretFile(key_file, "TLS key"));
  ORCH_ASSIGN_OR_RETURN(std::string key_pem, ReadFile(key_file, kMaxListBytes));
  absl::StatusOr<PkeyPtr> key = ParsePrivateKey(key_pem);
  Wipe(&key_pem);
  if (!key.ok()) return AboutFile("TLS key", key_file, key.status());
  if (X509_check_private_key(certificate->get(), key->get()) != 1) {
    ERR_clear_error();
    return absl::FailedPreconditionError(absl::StrCat("TLS key ", key_file, " does not belong to certificate ",
                                                      certificate_file, "; set the pair that was made together"));
  }
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key->get()) != 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("TLS certificate ", certificate_file, " cannot be used: ", TakeOpensslError()));
  }
  return absl::OkStatus();
}

absl::StatusOr<X509StorePtr> LoadStore(absl::string_view what, const std::string& ca_file,
                                       const std::string& crl_file) {
  X509StorePtr store(X509_STORE_new());
  if (store == nullptr) return absl::InternalError("cannot make a store of certificates");
  ORCH_ASSIGN_OR_RETURN(const std::string ca_pem, ReadFile(ca_file, kMaxListBytes));
  if (const absl::Status added = AddCertificates(ca_pem, store.get()); !added.ok())
    return AboutFile(what, ca_file, added);
  if (crl_file.empty()) return store;
  ORCH_ASSIGN_OR_RETURN(const std::string crl_pem, ReadFile(crl_file, kMaxListBytes));
  const absl::Status added = AddRevocations(crl_pem, store.get());
  if (!added.ok()) return AboutFile("revocation list", crl_file, added);
  return store;
}

}  // namespace orch::auth

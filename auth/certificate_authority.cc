#include "auth/certificate_authority.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "auth/certificate.h"
#include "auth/names.h"
#include "auth/new_file.h"
#include "base/durable_file.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr size_t kMaxPemBytes = 1u << 20;
constexpr size_t kMaxCommonNameBytes = 64;  // X.520's upper bound
constexpr int kSerialBytes = 16;
constexpr absl::Duration kAuthorityLife = absl::Hours(24 * 3650);
constexpr absl::Duration kBackdated = absl::Hours(24);  // for peers whose clock is behind

absl::Status OpensslFailed(absl::string_view what) {
  return absl::InternalError(absl::StrCat("cannot make a certificate: ", what, ": ", TakeOpensslError()));
}

bool SetRandomSerial(X509* certificate) {
  unsigned char bytes[kSerialBytes];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] = (bytes[0] & 0x7f) | 0x40;  // positive and of one length
  BIGNUM* number = BN_bin2bn(bytes, sizeof bytes, nullptr);
  const bool ok = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return ok;
}

bool AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  const bool ok = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return ok;
}

bool SetCommonName(X509* certificate, absl::string_view name) {
  if (name.size() > kMaxCommonNameBytes) return true;  // the alternative names have it whole
  return X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), NID_commonName, MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()),
                                    -1, 0) == 1;
}

struct Plan {
  absl::string_view common_name;
  std::vector<std::pair<int, std::string>> extensions;
  absl::Time from;
  absl::Time until;
};

// If `issuer` and `issuer_key` are null, the certificate signs itself.
absl::Status Fill(X509* certificate, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, const Plan& plan) {
  X509* const by = issuer == nullptr ? certificate : issuer;
  bool ok = X509_set_version(certificate, X509_VERSION_3) == 1 && SetRandomSerial(certificate) &&
            SetCommonName(certificate, plan.common_name) &&
            X509_set_issuer_name(certificate, X509_get_subject_name(by)) == 1 &&
            ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(plan.from)) != nullptr &&
            ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(plan.until)) != nullptr &&
            X509_set_pubkey(certificate, key) == 1;
  for (const auto& [nid, value] : plan.extensions) ok = ok && AddExtension(certificate, by, nid, value);
  ok = ok && X509_sign(certificate, issuer_key == nullptr ? key : issuer_key, EVP_sha256()) > 0;
  return ok ? absl::OkStatus() : OpensslFailed("filling it");
}

// Whether OpenSSL's configuration syntax takes the text for one name: it has no comma and no line break.
absl::StatusOr<std::string> AltName(absl::string_view name) {
  const std::string text(name);
  if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(text.c_str()); address != nullptr) {
    ASN1_OCTET_STRING_free(address);
    return absl::StrCat("IP:", text);
  }
  ERR_clear_error();
  constexpr char kAllowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*";
  if (text.empty() || text.size() > 255 || text.find_first_not_of(kAllowed) != std::string::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", text.substr(0, 100), "' cannot stand in a certificate; give a DNS name or an address"));
  }
  return absl::StrCat("DNS:", text);
}

std::string TextOf(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);  // NOLINT: OpenSSL's type
  return std::string(bytes, static_cast<size_t>(size));
}

absl::StatusOr<IssuedCertificate> ToPem(X509* certificate, EVP_PKEY* key) {
  const BioPtr key_text(BIO_new(BIO_s_secmem()));
  const BioPtr certificate_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(key_text.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate) != 1) {
    return OpensslFailed("writing it as PEM");
  }
  return IssuedCertificate{TextOf(certificate_text.get()), TextOf(key_text.get())};
}

absl::StatusOr<IssuedCertificate> Issue(X509* issuer, EVP_PKEY* issuer_key, const Plan& plan) {
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  if (key == nullptr || certificate == nullptr) return OpensslFailed("its key");
  ORCH_RETURN_IF_ERROR(Fill(certificate.get(), key.get(), issuer, issuer_key, plan));
  return ToPem(certificate.get(), key.get());
}

absl::Status About(absl::string_view what, const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat(what, " ", path, ": ", status.message()));
}

}  // namespace

absl::Status WriteCertificate(const IssuedCertificate& issued, const std::string& certificate_file,
                              const std::string& key_file) {
  ORCH_RETURN_IF_ERROR(WriteNewFile(key_file, issued.key_pem, 0600));
  const absl::Status written = WriteNewFile(certificate_file, issued.certificate_pem, 0644);
  if (!written.ok()) unlink(key_file.c_str());  // it is ours, made a moment ago
  return written;
}

absl::Status CertificateAuthority::WriteNew(const std::string& certificate_file, const std::string& key_file,
                                            absl::string_view hub_identity, absl::Time now) {
  const std::string name =
      absl::StrCat(kOwnAuthority, hub_identity.substr(0, kMaxCommonNameBytes - kOwnAuthority.size()));
  const Plan plan{name,
                  {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                   {NID_key_usage, "critical,keyCertSign,cRLSign"},
                   {NID_subject_key_identifier, "hash"}},
                  now - kBackdated,
                  now + kAuthorityLife};
  ORCH_ASSIGN_OR_RETURN(IssuedCertificate issued, Issue(nullptr, nullptr, plan));
  const absl::Status written = WriteCertificate(issued, certificate_file, key_file);
  Wipe(&issued.key_pem);
  return written;
}

absl::StatusOr<CertificateAuthority> CertificateAuthority::Load(const std::string& certificate_file,
                                                                const std::string& key_file, absl::Time now) {
  ORCH_ASSIGN_OR_RETURN(std::string pem, ReadFile(certificate_file, kMaxPemBytes));
  absl::StatusOr<X509Ptr> certificate = ParseCertificate(pem);
  if (!certificate.ok()) return About("CA certificate", certificate_file, certificate.status());
  if (const absl::Status valid = CheckValidity(certificate->get(), now); !valid.ok()) {
    return About("CA certificate", certificate_file, valid);
  }
  if (X509_check_ca(certificate->get()) == 0) {
    return About("CA certificate", certificate_file,
                 absl::FailedPreconditionError("it is not that of an authority; give the one 'orch-hub init' made"));
  }
  ORCH_RETURN_IF_ERROR(CheckSecretFile(key_file, "CA key"));
  ORCH_ASSIGN_OR_RETURN(std::string key_pem, ReadFile(key_file, kMaxPemBytes));
  absl::StatusOr<PkeyPtr> key = ParsePrivateKey(key_pem);
  Wipe(&key_pem);
  if (!key.ok()) return About("CA key", key_file, key.status());
  if (X509_check_private_key(certificate->get(), key->get()) != 1) {
    ERR_clear_error();
    return absl::FailedPreconditionError(
        absl::StrCat("CA key ", key_file, " does not belong to CA certificate ", certificate_file));
  }
  return CertificateAuthority(*std::move(certificate), *std::move(key), std::move(pem));
}

absl::StatusOr<IssuedCertificate> CertificateAuthority::IssueForHub(absl::string_view identity,
                                                                    const std::vector<std::string>& names,
                                                                    absl::Time now, absl::Duration valid_for) const {
  ORCH_ASSIGN_OR_RETURN(std::string all, AltName(identity));
  for (const std::string& name : names) {
    if (name == identity) continue;
    ORCH_ASSIGN_OR_RETURN(const std::string one, AltName(name));
    absl::StrAppend(&all, ",", one);
  }
  return Issue(certificate_.get(), key_.get(),
               {identity,
                {{NID_basic_constraints, "critical,CA:FALSE"},
                 {NID_key_usage, "critical,digitalSignature"},
                 {NID_ext_key_usage, "serverAuth"},
                 {NID_subject_alt_name, all},
                 {NID_authority_key_identifier, "keyid"}},
                now - kBackdated,
                now + valid_for});
}

absl::StatusOr<IssuedCertificate> CertificateAuthority::IssueForPeer(PeerKind kind, absl::string_view name,
                                                                     absl::Time now, absl::Duration valid_for) const {
  if (!IsPeerName(kind, name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", name.substr(0, 100), "' cannot be the name of a ", PeerKindName(kind)));
  }
  return Issue(certificate_.get(), key_.get(),
               {name,
                {{NID_basic_constraints, "critical,CA:FALSE"},
                 {NID_key_usage, "critical,digitalSignature"},
                 {NID_ext_key_usage, "clientAuth"},
                 {NID_subject_alt_name, absl::StrCat("URI:", IssuedForUri(kind, name))},
                 {NID_authority_key_identifier, "keyid"}},
                now - kBackdated,
                now + valid_for});
}

}  // namespace orch::auth

#include "auth/self_signed.h"

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "auth/new_file.h"
#include "auth/openssl_ptr.h"
#include "auth/tls.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

constexpr size_t kMaxCommonNameBytes = 64;  // X.520's upper bound
constexpr int kSerialBytes = 16;

absl::Status OpensslFailed(absl::string_view what) {
  return absl::InternalError(absl::StrCat("cannot make a certificate: ", what, ": ", TakeOpensslError()));
}

bool SetRandomSerial(X509* certificate) {
  unsigned char bytes[kSerialBytes];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) return false;
  bytes[0] = (bytes[0] & 0x7f) | 0x40;  // positive and of one length
  BIGNUM* number = BN_bin2bn(bytes, sizeof(bytes), nullptr);
  const bool ok = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  return ok;
}

bool AddExtension(X509* certificate, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  const bool ok = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return ok;
}

// A name OpenSSL's configuration syntax takes as one: no comma, no line break.
absl::StatusOr<std::string> AltName(absl::string_view name) {
  const std::string text(name);
  if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(text.c_str()); address != nullptr) {
    ASN1_OCTET_STRING_free(address);
    return absl::StrCat("IP:", text);
  }
  ERR_clear_error();
  if (text.empty() || text.size() > 255 ||
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*") !=
          std::string::npos) {
    return absl::InvalidArgumentError("a certificate's name must be a DNS name or an address");
  }
  return absl::StrCat("DNS:", text);
}

absl::StatusOr<std::string> AltNames(absl::string_view common_name, const std::vector<std::string>& alt_names) {
  ORCH_ASSIGN_OR_RETURN(std::string all, AltName(common_name));
  for (const std::string& name : alt_names) {
    if (name == common_name) continue;
    ORCH_ASSIGN_OR_RETURN(const std::string one, AltName(name));
    absl::StrAppend(&all, ",", one);
  }
  return all;
}

absl::Status FillCertificate(X509* certificate, EVP_PKEY* key, absl::string_view common_name,
                             const std::string& alt_names, absl::Time from, absl::Time until) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const bool named = common_name.size() > kMaxCommonNameBytes ||
                     X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                                reinterpret_cast<const unsigned char*>(common_name.data()),
                                                static_cast<int>(common_name.size()), -1, 0) == 1;
  const bool ok =
      X509_set_version(certificate, X509_VERSION_3) == 1 && SetRandomSerial(certificate) && named &&
      X509_set_issuer_name(certificate, subject) == 1 &&
      ASN1_TIME_set(X509_getm_notBefore(certificate), absl::ToTimeT(from)) != nullptr &&
      ASN1_TIME_set(X509_getm_notAfter(certificate), absl::ToTimeT(until)) != nullptr &&
      X509_set_pubkey(certificate, key) == 1 && AddExtension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
      AddExtension(certificate, NID_key_usage, "critical,digitalSignature") &&
      AddExtension(certificate, NID_ext_key_usage, "serverAuth") &&
      AddExtension(certificate, NID_subject_alt_name, alt_names) && X509_sign(certificate, key, EVP_sha256()) > 0;
  return ok ? absl::OkStatus() : OpensslFailed("filling it");
}

std::string TextOf(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);  // NOLINT: OpenSSL's type
  return std::string(bytes, static_cast<size_t>(size));
}

absl::Status CheckAbsent(const std::string& path) {
  struct stat there;
  if (lstat(path.c_str(), &there) != 0) return absl::OkStatus();
  return absl::AlreadyExistsError(absl::StrCat(path, " is there already and is not overwritten; remove it first"));
}

}  // namespace

absl::StatusOr<std::string> MakeThrowawayRoot() {
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  if (key == nullptr || certificate == nullptr) return OpensslFailed("its key");
  ORCH_RETURN_IF_ERROR(FillCertificate(certificate.get(), key.get(), "nobody", "DNS:nobody.invalid", absl::UnixEpoch(),
                                       absl::UnixEpoch()));
  const BioPtr text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_X509(text.get(), certificate.get()) != 1) return OpensslFailed("writing it as PEM");
  return TextOf(text.get());
}

absl::Status WriteSelfSignedCertificate(const std::string& certificate_path, const std::string& key_path,
                                        absl::string_view common_name, const std::vector<std::string>& alt_names,
                                        absl::Time now, absl::Duration valid_for) {
  ORCH_RETURN_IF_ERROR(CheckAbsent(certificate_path));
  ORCH_RETURN_IF_ERROR(CheckAbsent(key_path));
  ORCH_ASSIGN_OR_RETURN(const std::string names, AltNames(common_name, alt_names));
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate(X509_new());
  if (key == nullptr || certificate == nullptr) return OpensslFailed("its key");
  const absl::Time from = now - absl::Hours(24);
  ORCH_RETURN_IF_ERROR(FillCertificate(certificate.get(), key.get(), common_name, names, from, from + valid_for));

  const BioPtr key_text(BIO_new(BIO_s_secmem()));
  const BioPtr certificate_text(BIO_new(BIO_s_mem()));
  if (PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1) {
    return OpensslFailed("writing it as PEM");
  }
  ORCH_RETURN_IF_ERROR(WriteNewFile(key_path, TextOf(key_text.get()), 0600));
  const absl::Status written = WriteNewFile(certificate_path, TextOf(certificate_text.get()), 0644);
  if (!written.ok()) unlink(key_path.c_str());  // both or none; it is ours, made a moment ago
  return written;
}

}  // namespace orch::auth

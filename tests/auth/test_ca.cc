#include "tests/auth/test_ca.h"

#include <openssl/ec.h>
#include <openssl/pem.h>

#include <cstdlib>

namespace orch::auth {
namespace {

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  if (extension == nullptr || X509_add_ext(certificate, extension, -1) != 1) std::abort();
  X509_EXTENSION_free(extension);
}

X509Ptr NewCertificate(const std::string& common_name, EVP_PKEY* key, const X509_NAME* issuer) {
  static std::atomic<long> serial = 1;  // NOLINT: OpenSSL's type
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  if (!common_name.empty()) {
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name.data()),
                               static_cast<int>(common_name.size()), -1, 0);
  }
  X509_set_issuer_name(certificate.get(), issuer == nullptr ? subject : issuer);
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

std::string WritePem(const TempFolder& folder, const std::string& name, X509* certificate, EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  if (certificate != nullptr) PEM_write_bio_X509(bio.get(), certificate);
  if (key != nullptr) PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);  // NOLINT
  return folder.Write(name, {bytes, static_cast<size_t>(size)});
}

}  // namespace

TestCa::TestCa(const TempFolder* folder, const std::string& name)
    : folder_(folder), name_(name), key_(EVP_EC_gen("P-256")), certificate_(NewCertificate(name, key_.get(), nullptr)) {
  AddExtension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate_.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  X509_sign(certificate_.get(), key_.get(), EVP_sha256());
  certificate_file_ = WritePem(*folder_, name + ".pem", certificate_.get(), nullptr);
}

TestIdentity TestCa::Issue(const std::string& common_name, const std::string& dns, const std::string& address) const {
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate = NewCertificate(common_name, key.get(), X509_get_subject_name(certificate_.get()));
  if (!dns.empty()) AddExtension(certificate.get(), NID_subject_alt_name, "DNS:" + dns);
  if (!address.empty()) AddExtension(certificate.get(), NID_subject_alt_name, "IP:" + address);
  X509_sign(certificate.get(), key_.get(), EVP_sha256());
  const std::string base = name_ + "-" + (common_name.empty() ? dns : common_name);
  return {WritePem(*folder_, base + ".pem", certificate.get(), nullptr),
          WritePem(*folder_, base + ".key", nullptr, key.get())};
}

}  // namespace orch::auth

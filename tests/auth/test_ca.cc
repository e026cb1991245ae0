#include "tests/auth/test_ca.h"

#include <openssl/ec.h>
#include <openssl/pem.h>

#include <atomic>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "auth/certificate.h"
#include "base/durable_file.h"

namespace orch::auth {
namespace {

void AddExtension(X509* certificate, int nid, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
  if (extension == nullptr || X509_add_ext(certificate, extension, -1) != 1) std::abort();
  X509_EXTENSION_free(extension);
}

void AddRaw(X509* certificate, const std::string& oid, const std::string& der) {
  ASN1_OBJECT* object = OBJ_txt2obj(oid.c_str(), /*no_name=*/1);
  ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(value, reinterpret_cast<const unsigned char*>(der.data()), static_cast<int>(der.size()));
  X509_EXTENSION* extension = X509_EXTENSION_create_by_OBJ(nullptr, object, 0, value);
  if (extension == nullptr || X509_add_ext(certificate, extension, -1) != 1) std::abort();
  X509_EXTENSION_free(extension);
  ASN1_OCTET_STRING_free(value);
  ASN1_OBJECT_free(object);
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

TestIdentity TestCa::Issue(const std::string& common_name, const Wish& wish) const {
  const PkeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate = NewCertificate(common_name, key.get(), X509_get_subject_name(certificate_.get()));
  if (!wish.dns.empty()) AddExtension(certificate.get(), NID_subject_alt_name, "DNS:" + wish.dns);
  if (!wish.address.empty()) AddExtension(certificate.get(), NID_subject_alt_name, "IP:" + wish.address);
  if (!wish.uri.empty()) AddExtension(certificate.get(), NID_subject_alt_name, "URI:" + wish.uri);
  if (!wish.usage.empty()) AddExtension(certificate.get(), NID_ext_key_usage, wish.usage);
  for (const auto& [oid, der] : wish.extensions) AddRaw(certificate.get(), oid, der);
  if (wish.expired) X509_gmtime_adj(X509_getm_notAfter(certificate.get()), -60);
  X509_sign(certificate.get(), key_.get(), EVP_sha256());
  static std::atomic<int> number = 0;
  const std::string base = absl::StrCat(name_, "-", ++number);
  return {WritePem(*folder_, base + ".pem", certificate.get(), nullptr),
          WritePem(*folder_, base + ".key", nullptr, key.get())};
}

std::string TestCa::Revoke(const std::vector<TestIdentity>& revoked) const {
  X509_CRL* list = X509_CRL_new();
  X509_CRL_set_version(list, X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(list, X509_get_subject_name(certificate_.get()));
  ASN1_TIME* time = X509_gmtime_adj(nullptr, -60);
  X509_CRL_set1_lastUpdate(list, time);
  X509_gmtime_adj(time, 3600);
  X509_CRL_set1_nextUpdate(list, time);
  X509_gmtime_adj(time, -60);
  for (const TestIdentity& identity : revoked) {
    const X509Ptr certificate = *ParseCertificate(*ReadFile(identity.certificate_file, 1u << 20));
    X509_REVOKED* entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(certificate.get()));
    X509_REVOKED_set_revocationDate(entry, time);
    X509_CRL_add0_revoked(list, entry);
  }
  ASN1_TIME_free(time);
  X509_CRL_sort(list);
  X509_CRL_sign(list, key_.get(), EVP_sha256());
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509_CRL(bio.get(), list);
  X509_CRL_free(list);
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);  // NOLINT
  return std::string(bytes, static_cast<size_t>(size));
}

}  // namespace orch::auth

#include "auth/certificate.h"

#include <openssl/pem.h>

#include <ctime>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"

namespace orch::auth {
namespace {

// Keeps OpenSSL from asking for a passphrase on the terminal of a daemon.
int NoPassphrase(char*, int, int, void*) { return -1; }

absl::Time ToTime(const ASN1_TIME* time) {
  std::tm parts = {};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string ToText(const ASN1_STRING* text) {
  unsigned char* bytes = nullptr;
  const int size = ASN1_STRING_to_UTF8(&bytes, text);
  if (size < 0) return "";
  std::string out(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return out;
}

// Returns empty if there is none.
std::string CommonNameOf(const X509_NAME* subject) {
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  return index < 0 ? "" : ToText(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
}

}  // namespace

absl::StatusOr<X509Ptr> ParseCertificate(absl::string_view pem) {
  const BioPtr bio = BioOver(pem);
  X509Ptr certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassphrase, nullptr));
  if (certificate != nullptr) return certificate;
  return absl::InvalidArgumentError(absl::StrCat("no PEM certificate in it (", TakeOpensslError(), ")"));
}

absl::StatusOr<PkeyPtr> ParsePrivateKey(absl::string_view pem) {
  const BioPtr bio = BioOver(pem);
  PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassphrase, nullptr));
  if (key != nullptr) return key;
  return absl::InvalidArgumentError(
      absl::StrCat("no PEM private key without a passphrase in it (", TakeOpensslError(), ")"));
}

absl::Status CheckValidity(X509* certificate, absl::Time now) {
  const absl::Time from = ToTime(X509_get0_notBefore(certificate));
  const absl::Time until = ToTime(X509_get0_notAfter(certificate));
  if (from <= now && now <= until) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      now > until ? "it has expired" : "it is not valid yet", ": valid from ",
      absl::FormatTime("%Y-%m-%d %H:%M", from, absl::UTCTimeZone()), " to ",
      absl::FormatTime("%Y-%m-%d %H:%M", until, absl::UTCTimeZone()), " UTC, now is ",
      absl::FormatTime("%Y-%m-%d %H:%M", now, absl::UTCTimeZone()), "; make a new one, or set this machine's clock"));
}

std::string IssuedForUri(PeerKind kind, absl::string_view name) {
  return absl::StrCat("orch:", PeerKindName(kind), "/", name);
}

CertificateIdentity IdentityOf(X509* certificate, bool by_own_ca) {
  CertificateIdentity identity;
  const X509_NAME* subject = X509_get_subject_name(certificate);
  identity.name = CommonNameOf(subject);
  const NamesPtr alternatives(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; alternatives != nullptr && i < sk_GENERAL_NAME_num(alternatives.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(alternatives.get(), i);
    if (name->type == GEN_DNS && identity.name.empty()) identity.name = ToText(name->d.dNSName);
    if (name->type != GEN_URI || !by_own_ca) continue;
    const std::string uri = ToText(name->d.uniformResourceIdentifier);
    for (const PeerKind kind : {PeerKind::kNode, PeerKind::kClient}) {
      const std::string prefix = IssuedForUri(kind, "");
      if (!absl::StartsWith(uri, prefix)) continue;
      identity.issued_for = kind;
      identity.name = uri.substr(prefix.size());
    }
  }
  return identity;
}

bool IsOwnAuthority(X509* authority) {
  return absl::StartsWith(CommonNameOf(X509_get_subject_name(authority)), kOwnAuthority);
}

std::string DerOf(X509* certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(certificate, &bytes);
  if (size <= 0) return "";
  std::string der(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

X509Ptr CertificateFromDer(absl::string_view der) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  X509Ptr certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));  // NOLINT: OpenSSL's type
  if (certificate == nullptr) ERR_clear_error();
  return certificate;
}

}  // namespace orch::auth

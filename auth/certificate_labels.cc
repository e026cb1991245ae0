// Puppet's trusted extensions of a certificate, as labels.
#include <openssl/asn1.h>
#include <openssl/objects.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "auth/certificate.h"

namespace orch::auth {
namespace {

constexpr absl::string_view kPuppetArc = "1.3.6.1.4.1.34380.1.";
constexpr size_t kMaxOidText = 80;

struct KnownExtension {
  absl::string_view oid;  // after kPuppetArc
  absl::string_view name;
};
// Puppet's table of names (Puppet::SSL::Oids).
constexpr KnownExtension kKnown[] = {{"1.1", "pp_uuid"},           {"1.2", "pp_instance_id"},
                                     {"1.3", "pp_image_name"},     {"1.4", "pp_preshared_key"},
                                     {"1.5", "pp_cost_center"},    {"1.6", "pp_product"},
                                     {"1.7", "pp_project"},        {"1.8", "pp_application"},
                                     {"1.9", "pp_service"},        {"1.10", "pp_employee"},
                                     {"1.11", "pp_created_by"},    {"1.12", "pp_environment"},
                                     {"1.13", "pp_role"},          {"1.14", "pp_software_version"},
                                     {"1.15", "pp_department"},    {"1.16", "pp_cluster"},
                                     {"1.17", "pp_provisioner"},   {"1.18", "pp_region"},
                                     {"1.19", "pp_datacenter"},    {"1.20", "pp_zone"},
                                     {"1.21", "pp_network"},       {"1.22", "pp_securitypolicy"},
                                     {"1.23", "pp_cloudplatform"}, {"1.24", "pp_apptier"},
                                     {"1.25", "pp_hostname"},      {"1.26", "pp_owner"},
                                     {"3.1", "pp_authorization"},  {"3.2", "pp_auth_auto_renew"},
                                     {"3.13", "pp_auth_role"},     {"3.39", "pp_cli_auth"}};
// A secret of the certificate's request, which no filter and no report may show.
constexpr absl::string_view kSecret = "pp_preshared_key";

// Empty for an extension that is none of Puppet's.
std::string LabelNameOf(const ASN1_OBJECT* oid) {
  char text[kMaxOidText];
  const int size = OBJ_obj2txt(text, sizeof text, oid, /*no_name=*/1);
  if (size <= 0 || static_cast<size_t>(size) >= sizeof text) return "";
  absl::string_view rest(text, static_cast<size_t>(size));
  if (!absl::ConsumePrefix(&rest, kPuppetArc)) return "";
  for (const KnownExtension& known : kKnown) {
    if (known.oid == rest) return std::string(known.name);
  }
  // 1.1: of Puppet's own, 1.2: of a site, 1.3: about authorization.
  const bool of_an_arc = absl::StartsWith(rest, "1.") || absl::StartsWith(rest, "2.") || absl::StartsWith(rest, "3.");
  return of_an_arc ? absl::StrCat("ext_1_", absl::StrReplaceAll(rest, {{".", "_"}})) : "";
}

// The text of one DER value that is nothing but a string, else nothing. The length is compared before anything is read.
bool StringIn(absl::string_view der, std::string* text) {
  constexpr char kUtf8 = 0x0c, kPrintable = 0x13, kIa5 = 0x16;
  if (der.size() < 2 || (der[0] != kUtf8 && der[0] != kPrintable && der[0] != kIa5)) return false;
  size_t head = 2;
  size_t size = static_cast<unsigned char>(der[1]);
  if (size == 0x81 && der.size() > 2) {  // a length of one more byte; longer values are longer than any label
    size = static_cast<unsigned char>(der[2]);
    head = 3;
    if (size < 0x80) return false;  // not the shortest form
  } else if (size >= 0x80) {
    return false;
  }
  if (der.size() != head + size) return false;
  *text = std::string(der.substr(head));
  return true;
}

}  // namespace

Labels LabelsOf(X509* certificate) {
  Labels labels;
  for (int i = 0; i < X509_get_ext_count(certificate) && labels.size() < kMaxLabels; ++i) {
    X509_EXTENSION* const extension = X509_get_ext(certificate, i);
    const std::string name = LabelNameOf(X509_EXTENSION_get_object(extension));
    if (name.empty() || name == kSecret || !IsLabelName(name)) continue;
    const ASN1_OCTET_STRING* const data = X509_EXTENSION_get_data(extension);
    std::string value;
    if (StringIn(
            {reinterpret_cast<const char*>(ASN1_STRING_get0_data(data)), static_cast<size_t>(ASN1_STRING_length(data))},
            &value) &&
        IsLabelValue(value)) {
      labels[name] = std::move(value);
    }
  }
  return labels;
}

}  // namespace orch::auth
